"""A real sandbox server and the client of its control API: for all tests that need Dropbox."""

import base64
import hashlib
import secrets
import time
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import dropbox
import requests
from requests.adapters import HTTPAdapter

from sandbox.apps import DEFAULT_APP_KEY
from tests.sandbox_process import REPOSITORY, SandboxProcess

__all__ = ["REPOSITORY", "SandboxServer"]

ALL_SCOPES = "account_info.read files.content.read files.content.write files.metadata.read"
REDIRECT_URI = "http://127.0.0.1:1/callback"


class ToSandbox(HTTPAdapter):
    """Sends what the SDK wants to send to Dropbox's https hosts to the sandbox instead."""

    def __init__(self, url: str) -> None:
        super().__init__(pool_maxsize=32)
        self._url = url

    def send(self, request, *args, **kwargs):
        parts = urlsplit(request.url)
        request.url = self._url + parts.path + (f"?{parts.query}" if parts.query else "")
        return super().send(request, *args, **kwargs)


class SandboxServer(SandboxProcess):
    """A sandbox in a process of its own, with a method per call of its control API, and clients of it."""

    # -- the control API --------------------------------------------------------------------------------------------

    def control(self, method: str, path: str, body: dict[str, Any] | None = None, **query: str) -> Any:
        """One call of the control API; its JSON. AssertionError with the server's sentence when it refuses."""
        answer = self.http.request(method, f"{self.url}/_sandbox/{path}", json=body, params=query, timeout=30)
        assert answer.ok, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer.json()

    def reset(self) -> None:
        """A fresh sandbox: known people, the default app, nothing else."""
        self.control("POST", "reset")

    def people(self) -> dict[str, str]:
        """Everybody: e-mail address → account id."""
        return {person["email"]: person["account_id"] for person in self.control("GET", "people")}

    def account_id(self, email: str) -> str:
        return self.people()[email]

    def add_person(self, email: str, **fields: Any) -> Any:
        """Add somebody: `given_name`, `surname`, `email_verified`, `allocation`."""
        return self.control("POST", "people", {"email": email, **fields})

    def add_app(self, key: str = DEFAULT_APP_KEY, **fields: Any) -> Any:
        """Register an app or change one: `secret name access redirect_uris scopes status user_limit`."""
        return self.control("POST", "apps", {"key": key, **fields})

    def decide(self, authorize_url: str, email: str, allow: bool = True) -> str:
        """What a person answers to an authorize address (of any origin); where they are redirected."""
        decision = {"url": authorize_url, "person": email, "decision": "allow" if allow else "deny"}
        return str(self.control("POST", "decide", decision)["location"])

    def fault(self, kind: str = "status", **fields: Any) -> Any:
        """Put a fault rule in force; sandbox/README.md lists the kinds and their fields."""
        return self.control("POST", "faults", {"kind": kind, **fields})

    def faults(self) -> Any:
        """The rules in force with `matched` and `hits`."""
        return self.control("GET", "faults")

    def clear_faults(self, fault: dict[str, Any] | None = None) -> None:
        """End one rule, or all."""
        self.control("DELETE", "faults", id=str(fault["id"]) if fault else "")

    def history(self, route: str | None = None, email: str | None = None) -> Any:
        """What was asked, in the order it ended; `route` may hold `*`."""
        return self.control("GET", "history", route=route or "", person=email or "")

    def clear_history(self) -> None:
        self.control("DELETE", "history")

    def complaints(self, app: str | None = None, rule: str | None = None) -> list[str]:
        """What clients did that they never should, as `rule: sentence`; of one app, of one rule."""
        found = self.control("GET", "complaints", app=app or "", rule=rule or "")
        return [f"{one['rule']}: {one['sentence']}" for one in found]

    def clients_waited(self, seconds: float) -> None:
        """The product's own clock was moved: to its manners so much time has passed, though not to Dropbox."""
        self.control("POST", "complaints/waited", {"seconds": seconds})

    def clear_complaints(self) -> None:
        self.control("DELETE", "complaints")

    def tree(self, email: str) -> Any:
        """Everything in a person's Dropbox, by path: `path path_lower type id rev size content_hash revisions`."""
        return self.control("GET", "tree", person=email)

    def files(self, email: str) -> dict[str, Any]:
        """The files alone: whole path (`/Apps/Clementine/…`) → the same fields."""
        return {node["path"]: node for node in self.tree(email) if node["type"] == "file"}

    def expire_tokens(self, email: str | None = None, app: str | None = None) -> int:
        """Let access tokens expire now; how many."""
        return int(self.control("POST", "tokens/expire", {"person": email, "app": app})["expired"])

    def revoke(self, email: str | None = None, app: str | None = None) -> int:
        """The person disconnects the app: every grant dies; how many."""
        return int(self.control("POST", "tokens/revoke", {"person": email, "app": app})["revoked"])

    def grants(self, email: str) -> Any:
        """A person's live grants, oldest first."""
        return self.control("GET", "grants", person=email)

    def set_quota(self, email: str, allocation: int) -> None:
        """A person's space in bytes."""
        self.control("POST", "quota", {"person": email, "allocation": allocation})

    def move_clock(self, seconds: float) -> None:
        """Move the sandbox's clock forward."""
        self.control("POST", "clock", {"seconds": seconds})

    def behave(self, **figures: Any) -> Any:
        """Change lifetimes, latency, the write lock; the figures in force."""
        return self.control("POST", "behaviour", figures)

    # -- clients ----------------------------------------------------------------------------------------------------

    def session(self) -> requests.Session:
        """A requests session for the SDK (`Dropbox(session=…)`, `flow.requests_session = …`); close it."""
        session = requests.Session()
        session.trust_env = False
        session.mount("https://", ToSandbox(self.url))
        return session

    def authorize_url(self, redirect_uri: str = REDIRECT_URI, key: str = DEFAULT_APP_KEY, **query: str) -> str:
        """An authorize address for an app, offline and with state unless told otherwise."""
        fields = {"response_type": "code", "client_id": key, "redirect_uri": redirect_uri, "state": "s"}
        return f"{self.url}/oauth2/authorize?{urlencode({**fields, 'token_access_type': 'offline', **query})}"

    def token(self, **form: str) -> requests.Response:
        """One POST to the token endpoint, whatever comes of it."""
        return self.http.post(f"{self.url}/oauth2/token", data=form, timeout=30)

    def link(self, email: str, scopes: str = ALL_SCOPES, key: str = DEFAULT_APP_KEY) -> Any:
        """A person connects an app (offline, PKCE): the token endpoint's answer. Registers REDIRECT_URI if needed."""
        app = next(app for app in self.control("GET", "apps") if app["key"] == key)
        if REDIRECT_URI not in app["redirect_uris"]:
            self.add_app(key, redirect_uris=[*app["redirect_uris"], REDIRECT_URI])
        verifier = secrets.token_urlsafe(48)
        challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
        pkce = {"code_challenge": challenge, "code_challenge_method": "S256"}
        location = self.decide(self.authorize_url(key=key, scope=scopes, **pkce), email)
        form = {"grant_type": "authorization_code", "client_id": key, "redirect_uri": REDIRECT_URI}
        answer = self.token(**form, code=parse_qs(urlsplit(location).query)["code"][0], code_verifier=verifier)
        assert answer.ok, answer.text
        return answer.json()

    def sdk(self, access_token: str | None, session: requests.Session | None = None, **options: Any) -> dropbox.Dropbox:
        """An SDK client that neither retries nor waits."""
        quiet = {"max_retries_on_error": 0, "max_retries_on_rate_limit": 0, "timeout": 30}
        client = dropbox.Dropbox(access_token, session=session or self.session(), **{**quiet, **options})
        return client

    def client(self, email: str, scopes: str = ALL_SCOPES, key: str = DEFAULT_APP_KEY) -> dropbox.Dropbox:
        """An SDK client of a person who has just connected the app; close it."""
        return self.sdk(self.link(email, scopes, key)["access_token"])

    def wait_for_file(self, email: str, path: str, seconds: float = 20) -> Any:
        """The file at a whole path (`/Apps/Clementine/…`), as soon as it is there."""
        limit = time.monotonic() + seconds
        while time.monotonic() < limit:
            if path in (files := self.files(email)):
                return files[path]
            time.sleep(0.05)
        raise AssertionError(f"{path} did not arrive; there are {sorted(self.files(email))}")
