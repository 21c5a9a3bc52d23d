"""Dropbox's authorize page, token endpoint and account: grants are exchanged, refreshed, identified and revoked here.

Synchronous, to be run in threads. Every failure is a DropboxFailure; nothing here writes a token anywhere.
"""

import base64
import hashlib
import time
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import requests
from urllib3.exceptions import HTTPError

from clients.dropbox_answers import error_of, failure, json_object, read_body, refused, text_of
from clients.dropbox_http import Hosts, new_session
from rules.characters import cut, strip_invisible
from rules.failures import DropboxFailure, FailureKind
from settings import Settings

LOGIN_SCOPES = ("account_info.read",)
CONNECT_SCOPES = ("files.content.write", "files.metadata.read", "account_info.read")

TIMEOUT_S = (5.0, 10.0)
"""Seconds to connect, and between two pieces of an answer: somebody waits for most of these calls."""

POOL = 8
MOST_OF_A_NAME = 200


@dataclass(frozen=True)
class AccessToken:
    """A short-lived token; `expires_at` is milliseconds UTC."""

    token: str = field(repr=False)
    expires_at: int


@dataclass(frozen=True)
class Grant:
    """What a person gave: `scopes` are those that Dropbox says were granted."""

    refresh_token: str = field(repr=False)
    access_token: str = field(repr=False)
    expires_at: int
    account_id: str
    scopes: tuple[str, ...]


@dataclass(frozen=True)
class DropboxAccount:
    """Whose Dropbox it is. The address counts only when it is verified."""

    account_id: str
    email: str
    email_verified: bool
    display_name: str


def challenge_of(verifier: str) -> str:
    """PKCE's S256 challenge of a verifier."""
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode("ascii")


class DropboxOAuth:
    """The installation's Dropbox app, towards people's browsers and towards Dropbox's servers."""

    def __init__(self, settings: Settings) -> None:
        self._hosts = Hosts.of(settings)
        self._session = new_session(self._hosts, pool=POOL)
        self._redirect_uri = settings.redirect_uri
        self._app_key = settings.dropbox_app_key or ""
        self._app_secret = settings.dropbox_app_secret

    @property
    def authorize_origin(self) -> str:
        """The origin of the authorize page."""
        return self._hosts.authorize_origin

    def authorize_url(self, *, state: str, challenge: str, scopes: tuple[str, ...], other_account: bool = False) -> str:
        """Where to send a person; `other_account` has Dropbox ask who they are instead of taking who is signed in."""
        query = {
            "response_type": "code",
            "client_id": self._app_key,
            "redirect_uri": self._redirect_uri,
            "state": state,
            "scope": " ".join(scopes),
            "token_access_type": "offline",
            "code_challenge": challenge,
            "code_challenge_method": "S256",
        }
        if other_account:
            query |= {"force_reauthentication": "true", "force_reapprove": "true"}
        return f"{self._hosts.authorize_origin}/oauth2/authorize?{urlencode(query)}"

    def exchange(self, code: str, verifier: str) -> Grant:
        """A one-time code for a grant. `needs_reauth`: the code is used, too old, or not of this trip."""
        answer = self._token(
            grant_type="authorization_code", code=code, redirect_uri=self._redirect_uri, code_verifier=verifier
        )
        access = _access_token(answer)
        return Grant(
            refresh_token=text_of(answer, "refresh_token"),
            access_token=access.token,
            expires_at=access.expires_at,
            account_id=text_of(answer, "account_id"),
            scopes=tuple(sorted(text_of(answer, "scope").split())),
        )

    def refresh(self, refresh_token: str) -> AccessToken:
        """A fresh access token. `needs_reauth` only when Dropbox says that the grant is gone."""
        return _access_token(self._token(grant_type="refresh_token", refresh_token=refresh_token))

    def account(self, access_token: str) -> DropboxAccount:
        """Whose grant it is."""
        answer = self._rpc("users/get_current_account", access_token)
        if answer is None:
            raise failure(FailureKind.NEEDS_REAUTH, "Dropbox does not accept the access token")
        name = answer.get("name")
        return DropboxAccount(
            account_id=text_of(answer, "account_id"),
            email=text_of(answer, "email"),
            email_verified=answer.get("email_verified") is True,
            display_name=_shown(name.get("display_name")) if isinstance(name, dict) else "",
        )

    def revoke(self, refresh_token: str) -> None:
        """End the grant at Dropbox, with all its tokens. A grant that Dropbox no longer knows is ended already."""
        try:
            access = self.refresh(refresh_token)
        except DropboxFailure as refusal:
            if refusal.failure.kind is FailureKind.NEEDS_REAUTH:
                return
            raise
        self._rpc("auth/token/revoke", access.token)

    def _token(self, **form: str) -> dict[str, Any]:
        form |= {"client_id": self._app_key}
        if self._app_secret is not None:
            form |= {"client_secret": self._app_secret.get_secret_value()}
        status, headers, body = self._post("/oauth2/token", data=form)
        if status == 200:
            return json_object(body)
        error = error_of(body)
        if status == 400 and error == "invalid_grant":
            raise failure(FailureKind.NEEDS_REAUTH, "invalid_grant")
        raise refused("the token endpoint", status, headers, error)

    def _rpc(self, route: str, access_token: str) -> dict[str, Any] | None:
        """A call without arguments; None for a 401, which means something else to each caller."""
        headers = {"authorization": f"Bearer {access_token}", "content-type": "application/json"}
        status, answered, body = self._post(f"/2/{route}", data=b"null", headers=headers)
        if status == 401:
            return None
        if status != 200:
            raise refused(route, status, answered, "")
        return {} if body.strip() in (b"", b"null") else json_object(body)

    def _post(
        self, path: str, *, data: dict[str, str] | bytes, headers: dict[str, str] | None = None
    ) -> tuple[int, Any, bytes]:
        address = f"{self._hosts.api_origin}{path}"
        plain = {"accept-encoding": "identity", **(headers or {})}
        try:
            with self._session.post(address, data=data, headers=plain, timeout=TIMEOUT_S, stream=True) as response:
                return response.status_code, response.headers, read_body(response)
        except (requests.RequestException, HTTPError, OSError, ValueError) as error:
            # The error's own text may repeat what was sent.
            raise failure(FailureKind.UNAVAILABLE, f"{path}: {type(error).__name__}") from None


def _shown(name: object) -> str:
    """A name that somebody gave themselves at Dropbox, without what turns the words around it, and not endless."""
    return cut(strip_invisible(name), MOST_OF_A_NAME) if isinstance(name, str) else ""


def _access_token(answer: dict[str, Any]) -> AccessToken:
    seconds = answer.get("expires_in")
    if not isinstance(seconds, int) or seconds < 0:
        raise failure(FailureKind.UNAVAILABLE, "Dropbox answered without expires_in")
    return AccessToken(text_of(answer, "access_token"), time.time_ns() // 1_000_000 + seconds * 1000)
