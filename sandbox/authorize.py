"""What an authorize request asks for and whether it may: rules only, no pages. Errors go where OAuth wants them."""

import re
import secrets
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlencode, urlsplit

from sandbox.apps import App, find_app
from sandbox.behaviour import Behaviour
from sandbox.database import Database
from sandbox.grants import Code, approved_scopes, make_code, others_linked
from sandbox.people import Person
from sandbox.scopes import split

MAX_STATE_BYTES = 500
CHALLENGE = re.compile(r"[A-Za-z0-9._~-]{43,128}")


class WrongRequest(Exception):
    """The app or the redirect URI is wrong: an error page, never a redirect."""


class UserLimitReached(WrongRequest):
    """The app is in development and linked to as many people as it may be: an error page too."""


class ErrorRedirect(Exception):
    """A fault that is told to the app: `location` is its redirect URI with the error."""

    def __init__(self, location: str) -> None:
        super().__init__(location)
        self.location = location


@dataclass(frozen=True)
class Ask:
    """A checked authorize request. `redirect_uri` None: the code is shown on the page to be copied."""

    app: App
    redirect_uri: str | None
    state: str | None
    scopes: tuple[str, ...]
    offline: bool
    challenge: str | None
    challenge_method: str | None
    include_granted: bool
    force_reapprove: bool
    force_reauthentication: bool

    def location(self, **answer: str) -> str:
        """The redirect URI with the answer and the state, word for word, in its query."""
        return _with_query(self.redirect_uri or "", {**answer, **({} if self.state is None else {"state": self.state})})


def _with_query(uri: str, values: dict[str, str]) -> str:
    parts = urlsplit(uri)
    query = "&".join(part for part in (parts.query, urlencode(values)) if part)
    return parts._replace(query=query).geturl()


def _registered(app: App, uri: str | None) -> str | None:
    if uri is not None and uri not in app.redirect_uris:
        raise WrongRequest(
            f'Invalid redirect_uri: "{uri}". It must exactly match one of the redirect URIs registered for the app'
            f" (scheme, host, port, path and any trailing slash)."
        )
    return uri


def read(db: Database, query: str) -> Ask:
    """Check the query of an authorize request; raises WrongRequest or ErrorRedirect."""
    pairs = parse_qsl(query, keep_blank_values=True)
    given = dict(pairs)
    app = find_app(db, given.get("client_id", ""))
    if app is None:
        raise WrongRequest(f'Invalid client_id: "{given.get("client_id", "")}". No app here has this key.')
    uri = _registered(app, given.get("redirect_uri"))
    state = given.get("state")

    def refuse(error: str, description: str) -> Exception:
        if uri is None:
            return WrongRequest(description)
        told = {"error": error, "error_description": description}
        return ErrorRedirect(_with_query(uri, {**told, **({} if state is None else {"state": state})}))

    problem = _problem(app, given, repeated=len(given) != len(pairs))
    if problem is not None:
        raise refuse(*problem)
    return Ask(
        app=app,
        redirect_uri=uri,
        state=state,
        scopes=split(given.get("scope", "")) or app.scopes,
        offline=given.get("token_access_type") == "offline",
        challenge=given.get("code_challenge"),
        challenge_method=given.get("code_challenge_method", "plain") if "code_challenge" in given else None,
        include_granted="include_granted_scopes" in given,
        force_reapprove=given.get("force_reapprove") == "true",
        force_reauthentication=given.get("force_reauthentication") == "true",
    )


def _problem(app: App, given: dict[str, str], *, repeated: bool) -> tuple[str, str] | None:
    """The first thing wrong with the parameters, as OAuth's error code and a sentence."""
    missing = [scope for scope in split(given.get("scope", "")) if scope not in app.scopes]
    challenge, method = given.get("code_challenge"), given.get("code_challenge_method")
    checks = (
        (repeated, "invalid_request", "a parameter is given more than once"),
        ("response_type" not in given, "invalid_request", 'missing required parameter "response_type"'),
        (given.get("response_type") != "code", "unsupported_response_type", 'response_type must be "code"'),
        (len(given.get("state", "").encode()) > MAX_STATE_BYTES, "invalid_request", "state is longer than 500 bytes"),
        (
            given.get("token_access_type", "online") not in ("online", "offline"),
            "invalid_request",
            'token_access_type must be "online" or "offline"',
        ),
        (bool(missing), "invalid_scope", f"the app may not ask for: {' '.join(missing)}"),
        (
            "include_granted_scopes" in given and (given["include_granted_scopes"] != "user" or not given.get("scope")),
            "invalid_request",
            'include_granted_scopes must be "user" and needs scope',
        ),
        (
            challenge is not None and not CHALLENGE.fullmatch(challenge),
            "invalid_request",
            "code_challenge must be 43 to 128 unreserved characters",
        ),
        (method is not None and challenge is None, "invalid_request", "code_challenge_method needs code_challenge"),
        (method not in (None, "S256", "plain"), "invalid_request", 'code_challenge_method must be "S256" or "plain"'),
    )
    return next(((error, description) for wrong, error, description in checks if wrong), None)


def needs_page(db: Database, ask: Ask, person: Person) -> bool:
    """Whether somebody must be asked: not if they allowed this app as much before and the app does not insist."""
    if ask.force_reapprove or ask.force_reauthentication or ask.redirect_uri is None:
        return True
    return not set(ask.scopes) <= approved_scopes(db, person.account_id, ask.app)


def allow(db: Database, ask: Ask, person: Person, behaviour: Behaviour, now: int) -> str:
    """The person says yes: a fresh code. WrongRequest or ErrorRedirect when the app can't be linked this way."""
    before = approved_scopes(db, person.account_id, ask.app)
    app = ask.app
    limit = app.user_limit if app.status == "development" and not before else None
    if limit is not None and others_linked(db, app, person.account_id, now) >= limit:
        raise UserLimitReached("This app has reached its user limit. Its developer must apply for production status.")
    if ask.include_granted and not before:
        text = "include_granted_scopes is only for people who linked the app before"
        raise ErrorRedirect(ask.location(error="invalid_request", error_description=text))
    wanted = set(ask.scopes) | before if ask.include_granted else set(ask.scopes)
    code = Code(
        code=secrets.token_urlsafe(32),
        app_key=app.key,
        account_id=person.account_id,
        redirect_uri=ask.redirect_uri,
        scopes=" ".join(sorted(wanted)),
        offline=ask.offline,
        challenge=ask.challenge,
        challenge_method=ask.challenge_method,
        expires=now + behaviour.code_seconds * 1000,
    )
    make_code(db, code)
    return code.code


def deny(ask: Ask) -> str:
    """The person says no: where to send them with `access_denied`."""
    return ask.location(
        error="access_denied", error_description="The user chose not to give your app access to their Dropbox account."
    )
