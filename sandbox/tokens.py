"""The token endpoint: redeems authorization codes and refresh tokens. Every error is a 400 with OAuth's JSON."""

import base64
import binascii
import hashlib
import hmac
import re
from typing import Any
from urllib.parse import parse_qsl, unquote_plus

from sandbox.apps import App, find_app
from sandbox.grants import (
    Grant,
    grant_by_refresh_token,
    make_access_token,
    make_grant,
    take_code,
)
from sandbox.people import find_person
from sandbox.scopes import split
from sandbox.tree import make_folder
from sandbox.world import World

VERIFIER = re.compile(r"[A-Za-z0-9._~-]{43,128}")


class OAuthError(Exception):
    """A refusal of the token endpoint: `error` is OAuth's code, the text says why."""

    def __init__(self, error: str, description: str) -> None:
        super().__init__(description)
        self.error = error

    def body(self) -> dict[str, str]:
        """The JSON object that Dropbox answers."""
        return {"error": self.error, "error_description": str(self)}


def read_form(content_type: str, body: bytes, query: str = "") -> dict[str, str]:
    """The fields of a token request: from the form in its body and, as the JavaScript SDK sends them, its query."""
    if body and content_type.partition(";")[0].strip().lower() != "application/x-www-form-urlencoded":
        raise OAuthError("invalid_request", "the request body must be application/x-www-form-urlencoded")
    try:
        given = "&".join(part for part in (query, body.decode()) if part)
        pairs = parse_qsl(given, keep_blank_values=True, max_num_fields=50, errors="strict")
    except ValueError:
        raise OAuthError("invalid_request", "the request body can't be read") from None
    if len({name for name, _ in pairs}) != len(pairs):
        raise OAuthError("invalid_request", "a parameter is given more than once")
    return dict(pairs)


def read_client(world: World, form: dict[str, str], authorization: str | None) -> tuple[App, bool]:
    """The app that asks, and whether it proved itself by its secret (in the form or by HTTP Basic)."""
    key, secret = form.get("client_id"), form.get("client_secret")
    if authorization is not None:
        if key is not None and secret is not None:
            raise OAuthError("invalid_request", "credentials are given both in the header and in the form")
        key, secret = _basic(authorization)
    if key is None:
        raise OAuthError("invalid_request", 'missing required field "client_id"')
    app = find_app(world.db, key)
    if app is None:
        raise OAuthError("invalid_client", "Invalid client_id or client_secret")
    if secret is not None and not hmac.compare_digest(secret.encode(), app.secret.encode()):
        raise OAuthError("invalid_client", "Invalid client_id or client_secret")
    return app, secret is not None


def _basic(authorization: str) -> tuple[str, str]:
    kind, _, text = authorization.partition(" ")
    try:
        key, colon, secret = base64.b64decode(text, validate=True).decode().partition(":")
    except (binascii.Error, ValueError):
        colon = ""
    if kind.lower() != "basic" or not colon:
        raise OAuthError("invalid_client", "the Authorization header can't be read")
    return unquote_plus(key), unquote_plus(secret)


def answer(world: World, form: dict[str, str], app: App, *, proven: bool) -> dict[str, Any]:
    """The JSON of a successful token request; raises OAuthError."""
    kind = form.get("grant_type")
    if kind is None:
        raise OAuthError("invalid_request", 'missing required field "grant_type"')
    if kind == "authorization_code":
        return _redeem(world, form, app, proven=proven)
    if kind == "refresh_token":
        return _refresh(world, form, app, proven=proven)
    raise OAuthError("unsupported_grant_type", f'grant_type "{kind}" is not supported')


def _redeem(world: World, form: dict[str, str], app: App, *, proven: bool) -> dict[str, Any]:
    now = world.clock.now()
    if "code" not in form:
        raise OAuthError("invalid_request", 'missing required field "code"')
    code = take_code(world.db, form["code"])
    person = None if code is None else find_person(world.db, code.account_id)
    if code is None or person is None or code.app_key != app.key or code.expires <= now:
        raise OAuthError("invalid_grant", "code doesn't exist or has expired")
    if form.get("redirect_uri") != code.redirect_uri:
        raise OAuthError("invalid_grant", "redirect_uri mismatch")
    _check_verifier(form.get("code_verifier"), code.challenge, code.challenge_method)
    if not proven and code.challenge is None:
        raise OAuthError("invalid_client", "No client_secret was given, and the code was not issued for PKCE")
    with world.db.transaction():
        grant = make_grant(world.db, code, pkce=code.challenge is not None, now=now)
        fields = _bearer(world, grant, grant.scopes)
        if app.root:
            make_folder(world.db, person, app.root)
    if grant.refresh_token is not None:
        fields["refresh_token"] = grant.refresh_token
    return {**fields, "scope": grant.scopes, "uid": str(person.uid), "account_id": person.account_id}


def _check_verifier(verifier: str | None, challenge: str | None, method: str | None) -> None:
    if challenge is None:
        if verifier is not None:
            raise OAuthError("invalid_grant", "code_verifier was given, but the code was not issued for PKCE")
        return
    if verifier is None:
        raise OAuthError("invalid_grant", "code_verifier is missing")
    if not VERIFIER.fullmatch(verifier):
        raise OAuthError("invalid_grant", "invalid code verifier")
    digest = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    if not hmac.compare_digest(digest if method == "S256" else verifier, challenge):
        raise OAuthError("invalid_grant", "invalid code verifier")


def _refresh(world: World, form: dict[str, str], app: App, *, proven: bool) -> dict[str, Any]:
    if "refresh_token" not in form:
        raise OAuthError("invalid_request", 'missing required field "refresh_token"')
    grant = grant_by_refresh_token(world.db, form["refresh_token"])
    if grant is None or grant.app_key != app.key:
        raise OAuthError("invalid_grant", "refresh token is invalid or revoked")
    if not proven and not grant.pkce:
        raise OAuthError("invalid_client", "Invalid client_id or client_secret")
    wanted = split(form.get("scope", "")) or split(grant.scopes)
    if not set(wanted) <= set(split(grant.scopes)):
        raise OAuthError("invalid_scope", "scope asks for more than was granted")
    fields = _bearer(world, grant, " ".join(wanted))
    return {**fields, "scope": " ".join(wanted)} if "scope" in form else fields


def _bearer(world: World, grant: Grant, scopes: str) -> dict[str, Any]:
    seconds = world.behaviour.access_token_seconds
    token = make_access_token(world.db, grant, scopes, world.clock.now() + seconds * 1000)
    return {"access_token": token, "token_type": "bearer", "expires_in": seconds}
