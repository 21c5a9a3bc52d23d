"""API tokens, known by their digest alone. One works while its account is admitted, and until it ends.

What it may do is in standing.py; what people see of theirs, and how they make and end them, is in own_tokens.py.
"""

import secrets
from dataclasses import dataclass

from store import admission
from store.connect import Db, rows
from store.errors import Conflict
from store.installation import owner_id as current_owner
from store.standing import Asker

KEEP_ENDED_MS = 90 * 86_400_000


@dataclass(frozen=True)
class Bearer:
    """Whoever a live token stands for. `last_used_at` is milliseconds UTC, None before its first use."""

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
    project_id: str | None,
    name: str,
    token_hash: str,
    now: int,
    expires_at: int | None = None,
    row_id: str | None = None,
) -> str:
    """Remember a token that was just made: personal, or for one project; it works until `expires_at`, if it is given.

    Returns the row's id. With a `row_id` that there is already nothing is kept: Conflict.
    """
    made = rows(
        db,
        """
        insert into api_tokens (id, account_id, project_id, name, token_hash, created_at, expires_at)
        values (:id, :account, :project, :name, :hash, :now, :expires)
        on conflict (id) do nothing returning id
        """,
        id=row_id or secrets.token_urlsafe(12),
        account=account_id,
        project=project_id,
        name=name,
        hash=token_hash,
        now=now,
        expires=expires_at,
    )
    if not made:
        raise Conflict("This token has been made already. It was shown only once.")
    return str(made[0]["id"])


def bearer(db: Db, token_hash: str, *, owner_id: str | None, now: int) -> Bearer | None:
    """Who the token stands for; None for an unknown, revoked or expired one, and for an account not admitted now.

    `owner_id` is the setting, if there is one.
    """
    found = rows(
        db,
        """
        select t.id, t.account_id, t.project_id, t.last_used_at, a.email, a.display_name
        from api_tokens t join accounts a on a.id = t.account_id
        where t.token_hash = :hash and t.revoked_at is null and (t.expires_at is null or t.expires_at > :now)
        """,
        hash=token_hash,
        now=now,
    )
    owner = current_owner(db, owner_id)
    if not found or not admission.is_admitted(db, str(found[0]["account_id"]), owner=owner, now=now):
        return None
    row = found[0]
    account_id = str(row["account_id"])
    return Bearer(
        token_id=str(row["id"]),
        asker=Asker(account_id, None if row["project_id"] is None else str(row["project_id"])),
        email=str(row["email"]),
        display_name=str(row["display_name"]),
        site_owner=account_id == owner,
        last_used_at=None if row["last_used_at"] is None else int(str(row["last_used_at"])),
    )


def used(db: Db, token_id: str, *, now: int) -> None:
    """The token has just been used."""
    db.conn.execute("update api_tokens set last_used_at = :now where id = :id", {"id": token_id, "now": now})


def revoke_all(db: Db, account_id: str, *, now: int) -> int:
    """End every token of the account for good. Returns how many."""
    ended = rows(
        db,
        "update api_tokens set revoked_at = :now where account_id = :account and revoked_at is null returning id",
        account=account_id,
        now=now,
    )
    return len(ended)


def prune(db: Db, *, now: int) -> int:
    """Housekeeping: forget tokens that ended long ago. Returns how many."""
    gone = rows(
        db,
        "delete from api_tokens where coalesce(revoked_at, expires_at) < :before returning id",
        before=now - KEEP_ENDED_MS,
    )
    return len(gone)
