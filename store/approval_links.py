"""Links in the mails to the site owner: each decides one request, once, within 72 hours. Only digests are kept.

What the decision does is in decisions.py; this module knows whether a link may still make one.
"""

import secrets
from dataclasses import dataclass

from rules.approval import Move
from rules.states import RequestState
from rules.tokens import TOKEN_BYTES, is_opaque_token, opaque_token, token_digest
from store.connect import Db, rows
from store.errors import NotFound

LIFETIME_MS = 72 * 3_600_000
KEPT_MS = 180 * 86_400_000


@dataclass(frozen=True)
class ApprovalLink:
    """A link with its request as both stand now. Times are milliseconds UTC.

    `used_at` and `decision` tell what was decided through the link itself, `batch` names that decision while it may
    be taken back. `asked_again`: the request it was made for is not the present one.
    """

    request_id: str
    email: str
    name: str
    message: str
    invited_by: str | None
    invited_to: str | None
    account_id: str | None
    state: RequestState
    requested_at: int
    decided_at: int | None
    decided_by: str | None
    decided_way: str | None
    former_state: RequestState | None
    former_at: int | None
    former_note: str
    expires_at: int
    used_at: int | None
    decision: Move | None
    batch: str | None
    asked_again: bool

    def open(self, now: int) -> bool:
        """Whether it may still decide."""
        waits = self.state is RequestState.PENDING and not self.asked_again
        return self.used_at is None and now < self.expires_at and waits


def make(db: Db, request_id: str, *, asked_at: int, now: int) -> str:
    """A fresh link for the request as it was asked for at `asked_at`. Returns its token, which is not kept."""
    token = opaque_token(secrets.token_bytes(TOKEN_BYTES))
    db.conn.execute(
        """
        insert into approval_links (token_hash, request_id, asked_at, created_at, expires_at)
        values (:hash, :request, :asked_at, :now, :expires_at)
        """,
        {
            "hash": token_digest(token),
            "request": request_id,
            "asked_at": asked_at,
            "now": now,
            "expires_at": now + LIFETIME_MS,
        },
    )
    return token


def find(db: Db, token: str) -> ApprovalLink:
    """The link of this token, whatever has become of it; NotFound for one that never was. Changes nothing."""
    found = rows(
        db,
        """
        select l.request_id, r.email, r.name, r.message, coalesce(nullif(i.display_name, ''), i.email) as invited_by,
            r.invited_to, r.account_id, r.state, r.requested_at, r.decided_at, a.display_name as decided_by,
            r.decided_way, r.former_state, r.former_at, r.former_note, l.expires_at, l.used_at, l.decision, l.batch,
            r.requested_at != l.asked_at as asked_again
        from approval_links l join access_requests r on r.id = l.request_id
            left join accounts a on a.id = r.decided_by left join accounts i on i.id = r.invited_by
        where l.token_hash = :hash
        """,
        hash=token_digest(token),
    )
    if not found or not is_opaque_token(token):
        raise NotFound
    row = found[0]
    former, decision = row["former_state"], row["decision"]
    typed = {
        "state": RequestState(str(row["state"])),
        "former_state": None if former is None else RequestState(str(former)),
        "decision": None if decision is None else Move(str(decision)),
        "asked_again": bool(row["asked_again"]),
    }
    return ApprovalLink(**{**row, **typed})  # type: ignore[arg-type]


def use(db: Db, token: str, move: Move, *, batch: str, now: int) -> str | None:
    """Use the link up for this decision: the id of the request to decide, None when it may decide nothing any more."""
    used = rows(
        db,
        """
        update approval_links set used_at = :now, decision = :move, batch = :batch
        where token_hash = :hash and used_at is null and expires_at > :now and exists (
            select 1 from access_requests r where r.id = approval_links.request_id and r.state = 'pending'
                and r.requested_at = approval_links.asked_at
        )
        returning request_id
        """,
        hash=token_digest(token),
        move=move,
        batch=batch,
        now=now,
    )
    return str(used[0]["request_id"]) if used else None


def prune(db: Db, *, now: int) -> int:
    """Housekeeping: forget links that nobody can expect to be remembered. Returns how many."""
    return db.conn.execute("delete from approval_links where created_at < :old", {"old": now - KEPT_MS}).rowcount
