"""What people have granted to apps: authorization codes, grants with their refresh token, access tokens."""

import secrets
from dataclasses import dataclass
from sqlite3 import Row

from sandbox.apps import App
from sandbox.database import Database
from sandbox.scopes import split


@dataclass(frozen=True)
class Code:
    """An authorization code and what it was issued for."""

    code: str
    app_key: str
    account_id: str
    redirect_uri: str | None
    scopes: str
    offline: bool
    challenge: str | None
    challenge_method: str | None
    expires: int


@dataclass(frozen=True)
class Grant:
    """One consent: of a person, to an app. `refresh_token` is None for online access; `pkce`: redeemed by verifier."""

    id: int
    app_key: str
    account_id: str
    scopes: str
    refresh_token: str | None
    pkce: bool
    made: int
    revoked: int | None


def _grant(row: Row) -> Grant:
    return Grant(**{**dict(row), "pkce": bool(row["pkce"])})


def make_code(db: Database, code: Code) -> None:
    """Remember a fresh code."""
    db.run(
        "INSERT INTO codes VALUES (:code, :app_key, :account_id, :redirect_uri, :scopes, :offline, :challenge,"
        " :challenge_method, :expires)",
        **{**vars(code), "offline": int(code.offline)},
    )


def take_code(db: Database, text: str) -> Code | None:
    """The code, which is used up by this: a second try finds nothing, whatever became of the first."""
    row = db.one("SELECT * FROM codes WHERE code = :code", code=text)
    if row is None:
        return None
    db.run("DELETE FROM codes WHERE code = :code", code=text)
    return Code(**{**dict(row), "offline": bool(row["offline"])})


def make_grant(db: Database, code: Code, *, pkce: bool, now: int) -> Grant:
    """The grant that a redeemed code stands for."""
    row = db.one(
        "INSERT INTO grants (app_key, account_id, scopes, refresh_token, pkce, made)"
        " VALUES (:app_key, :account_id, :scopes, :refresh_token, :pkce, :now) RETURNING *",
        app_key=code.app_key,
        account_id=code.account_id,
        scopes=code.scopes,
        refresh_token=secrets.token_urlsafe(48) if code.offline else None,
        pkce=int(pkce),
        now=now,
    )
    if row is None:
        raise LookupError("INSERT gave no row back")
    return _grant(row)


def make_access_token(db: Database, grant: Grant, scopes: str, expires: int) -> str:
    """A fresh access token of a grant, for all or some of its scopes, valid until `expires` (ms UTC)."""
    token = "sl.u." + secrets.token_urlsafe(96)
    db.run(
        "INSERT INTO access_tokens VALUES (:t, :grant, :scopes, :e)", t=token, grant=grant.id, scopes=scopes, e=expires
    )
    return token


def grant_by_refresh_token(db: Database, token: str) -> Grant | None:
    """The live grant of a refresh token."""
    row = db.one("SELECT * FROM grants WHERE refresh_token = :token AND revoked IS NULL", token=token)
    return None if row is None else _grant(row)


def live_grants(db: Database, account_id: str, app_key: str | None = None) -> list[Grant]:
    """A person's grants that were not revoked, oldest first; of one app, or of all."""
    rows = db.all(
        "SELECT * FROM grants WHERE account_id = :account AND revoked IS NULL AND (:app IS NULL OR app_key = :app)"
        " ORDER BY id",
        account=account_id,
        app=app_key,
    )
    return [_grant(row) for row in rows]


def approved_scopes(db: Database, account_id: str, app: App) -> set[str]:
    """What a person has allowed an app so far, over all live grants; empty when they are not connected."""
    return {scope for grant in live_grants(db, account_id, app.key) for scope in split(grant.scopes)}


def others_linked(db: Database, app: App, account_id: str, now: int) -> int:
    """How many people besides this one are connected to an app, or have just allowed it."""
    sql = (
        "SELECT count(*) FROM (SELECT account_id FROM grants WHERE app_key = :app AND revoked IS NULL"
        " UNION SELECT account_id FROM codes WHERE app_key = :app AND expires > :now) WHERE account_id <> :account"
    )
    return int(db.value(sql, app=app.key, now=now, account=account_id))


def revoke_grant(db: Database, grant_id: int, now: int) -> None:
    """Kill one grant: its refresh token and every access token made from it."""
    db.run("UPDATE grants SET revoked = :now WHERE id = :id AND revoked IS NULL", now=now, id=grant_id)


def revoke_all(db: Database, now: int, account_id: str | None = None, app_key: str | None = None) -> int:
    """A person disconnects an app: every grant between the two dies; None means anyone. The number killed."""
    return db.run(
        "UPDATE grants SET revoked = :now WHERE revoked IS NULL AND (:account IS NULL OR account_id = :account)"
        " AND (:app IS NULL OR app_key = :app)",
        now=now,
        account=account_id,
        app=app_key,
    )


def expire_tokens(db: Database, now: int, account_id: str | None = None, app_key: str | None = None) -> int:
    """Let every access token of a person, an app or both expire at once. The number expired."""
    return db.run(
        "UPDATE access_tokens SET expires = :now WHERE expires > :now AND grant_id IN (SELECT id FROM grants"
        " WHERE (:account IS NULL OR account_id = :account) AND (:app IS NULL OR app_key = :app))",
        now=now,
        account=account_id,
        app=app_key,
    )
