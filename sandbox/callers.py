"""Who makes an API call: the bearer token (or the app's own credentials) behind it, or why it is not accepted."""

import base64
import binascii
import hmac
from dataclasses import dataclass

from starlette.requests import Request

from sandbox.apps import App, find_app
from sandbox.database import Database
from sandbox.people import Person, find_person
from sandbox.scopes import split
from sandbox.wire import BadCall


@dataclass(frozen=True)
class Caller:
    """A person through an app. `root` is the folder that the app sees as its root, without a trailing slash."""

    person: Person
    app: App
    grant_id: int
    token: str
    scopes: tuple[str, ...]

    @property
    def root(self) -> str:
        return self.app.root

    @property
    def account_id(self) -> str:
        return self.person.account_id


@dataclass(frozen=True)
class Rejected:
    """A token that is not accepted: `tag` of Dropbox's AuthError, and whose it was as far as that is known."""

    tag: str
    caller: Caller | None = None


def identify(db: Database, request: Request, now: int) -> Caller | Rejected:
    """The caller behind a bearer token; raises BadCall when there is none to look at."""
    given = request.headers.get("authorization") or request.query_params.get("authorization")
    if given is None:
        raise BadCall('Must provide HTTP header "Authorization" or URL parameter "authorization".')
    kind, _, token = given.partition(" ")
    if kind.lower() != "bearer" or not token.strip():
        raise BadCall('Invalid authorization value in HTTP header "Authorization": expecting "Bearer" and a token.')
    row = db.one(
        "SELECT t.token, t.scopes, t.expires, g.id AS grant_id, g.account_id, g.app_key, g.revoked"
        " FROM access_tokens t JOIN grants g ON g.id = t.grant_id WHERE t.token = :token",
        token=token.strip(),
    )
    if row is None:
        return Rejected("invalid_access_token")
    person, app = find_person(db, row["account_id"]), find_app(db, row["app_key"])
    if person is None or app is None:
        return Rejected("invalid_access_token")
    caller = Caller(person, app, row["grant_id"], row["token"], split(row["scopes"]))
    if row["revoked"] is not None:
        return Rejected("invalid_access_token", caller)
    return Rejected("expired_access_token", caller) if row["expires"] <= now else caller


def identify_app(db: Database, request: Request) -> App | Rejected:
    """The app behind HTTP Basic credentials, for the routes that an app calls for itself."""
    kind, _, text = request.headers.get("authorization", "").partition(" ")
    if kind.lower() != "basic":
        raise BadCall('Must provide HTTP header "Authorization" with the app key and secret as "Basic".')
    try:
        key, _, secret = base64.b64decode(text, validate=True).decode().partition(":")
    except (binascii.Error, ValueError):
        raise BadCall('Invalid authorization value in HTTP header "Authorization".') from None
    app = find_app(db, key)
    if app is None or not hmac.compare_digest(app.secret.encode(), secret.encode()):
        return Rejected("invalid_access_token")
    return app
