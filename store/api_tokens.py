"""API tokens: made for an account, or for one project of it, and known again by their digest alone.

A token is shown once, when it is made. What it allows is its account's standing, read anew at each request.
"""

import secrets
from dataclasses import dataclass

from rules.tokens import TOKEN_BYTES, api_token, token_digest
from store import audit, installation
from store.connect import Db, rows
from store.errors import NotFound
from store.standing import Asker


@dataclass(frozen=True)
class Bearer:
    """Whoever sent a live token. `last_used_at` is in milliseconds UTC, None before the first use."""

    token_id: str
    asker: Asker
    email: str
    display_name: str
    site_owner: bool
    last_used_at: int | None


def create(
    db: Db,
    *,
    account_id: str,
    project_id: str | None = None,
    name: str = "",
    now: int,
    by: str | None = None,
    way: str = "command",
) -> str:
    """Make a token that acts as the account, or only for one project, and return it: nobody can read it again.

    Raises NotFound for an unknown account, and for an unknown or deleted project.
    """
    if not rows(db, "select id from accounts where id = :id", id=account_id):
        raise NotFound("Nobody with this account has signed in yet.")
    workspace_id = None if project_id is None else _workspace_of(db, project_id)
    token, token_id = api_token(secrets.token_bytes(TOKEN_BYTES)), secrets.token_urlsafe(12)
    db.conn.execute(
        """
        insert into api_tokens (id, account_id, project_id, name, token_hash, created_at)
        values (:id, :account, :project, :name, :hash, :now)
        """,
        {
            "id": token_id,
            "account": account_id,
            "project": project_id,
            "name": name,
            "hash": token_digest(token),
            "now": now,
        },
    )
    audit.record(
        db,
        at=now,
        actor=by,
        way=way,
        action="token.created",
        subject=token_id,
        workspace_id=workspace_id,
        detail=name,
    )
    return token


def bearer(db: Db, token_hash: str, *, owner_id: str | None) -> Bearer | None:
    """Who the token stands for, or None: unknown, revoked, or its account is not approved at this moment.

    `owner_id` is the site owner that the settings name, if they do; the site owner needs no approval.
    """
    found = rows(
        db,
        """
        select t.id, t.account_id, t.project_id, t.last_used_at, a.email, a.display_name,
            exists (select 1 from access_requests r where r.account_id = a.id and r.state = 'approved') as approved
        from api_tokens t join accounts a on a.id = t.account_id
        where t.token_hash = :hash and t.revoked_at is null
        """,
        hash=token_hash,
    )
    if not found:
        return None
    row = found[0]
    is_owner = row["account_id"] == installation.owner_id(db, owner_id)
    if not (row["approved"] or is_owner):
        return None
    project, used_at = row["project_id"], row["last_used_at"]
    return Bearer(
        token_id=str(row["id"]),
        asker=Asker(str(row["account_id"]), None if project is None else str(project)),
        email=str(row["email"]),
        display_name=str(row["display_name"]),
        site_owner=is_owner,
        last_used_at=None if used_at is None else int(str(used_at)),
    )


def used(db: Db, token_id: str, *, now: int) -> None:
    """Note that the token has just been used (asked for at most once a minute)."""
    db.conn.execute("update api_tokens set last_used_at = :now where id = :id", {"now": now, "id": token_id})


def _workspace_of(db: Db, project_id: str) -> str:
    found = rows(
        db,
        """
        select p.workspace_id from projects p join workspaces w on w.id = p.workspace_id
        where p.id = :id and p.deleted_at is null and w.deleted_at is null
        """,
        id=project_id,
    )
    if not found:
        raise NotFound("There is no project with this id.")
    return str(found[0]["workspace_id"])
