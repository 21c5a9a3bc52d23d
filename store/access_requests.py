"""Access requests: asked for by anybody, or by a member who invites somebody. They are listed by request_list.py.

Deciding them is in decisions.py, the people they have let in are in people.py.
"""

import secrets
from dataclasses import dataclass

from rules.addresses import search_key
from rules.approval import MOVES, Move, email_key
from rules.states import RequestState
from store import access_rules, audit, decisions, request_mails, set_aside
from store.access_rules import Effect
from store.connect import Db, rows
from store.decisions import Decider
from store.mails import Letterbox
from store.request_mails import Asked
from store.set_aside import Reason

ASK_AGAIN_AFTER_MS = 7 * 86_400_000
MOST_PENDING = 10_000


@dataclass(frozen=True)
class Inviter:
    """The member whose invitation makes somebody need access, and the name of the workspace they are invited to."""

    account_id: str
    name: str
    email: str
    workspace: str

    @property
    def words(self) -> str:
        """As it stands after "Invited by"."""
        return f"{self.name or self.email} ({self.email}) to the workspace {self.workspace}"


def is_full(db: Db) -> bool:
    """Whether so many requests wait that no more are taken, from anybody."""
    return int(str(rows(db, "select count(*) as n from access_requests where state = 'pending'")[0]["n"])) >= (
        MOST_PENDING
    )


def ask(
    db: Db,
    *,
    email: str,
    name: str,
    message: str,
    owner_address: str | None,
    letterbox: Letterbox,
    ip: str,
    now: int,
    inviter: Inviter | None = None,
) -> None:
    """Somebody asks for access, or a member's invitation asks for them. What is answered never depends on what stands.

    New, or denied or revoked a week ago: pending, and the owner hears of it. Pending: name and message are replaced.
    Else nothing but the time of asking. Only the asker's own mail tells them which. What a rule is about is set aside
    or approved. A row is written in every case, so that all take as long.
    """
    effect = access_rules.meet(db, email, now=now)
    if effect is Effect.BLOCK:
        set_aside.keep(db, reason=Reason.BLOCKED, email=email, name=name, message=message, ip=ip, now=now)
        return
    known = rows(
        db,
        """
        select id, email, state, account_id, requested_at, decided_at, decided_way, told, told_at
        from access_requests where email_key = :key
        """,
        key=email_key(email),
    )
    values = {
        "id": known[0]["id"] if known else secrets.token_urlsafe(12),
        "key": email_key(email),
        "email": email,
        "name": name,
        "name_key": search_key(name),
        "message": message,
        "invited_by": inviter.account_id if inviter else None,
        "invited_to": inviter.workspace if inviter else None,
        "now": now,
    }
    invited = inviter.words if inviter else ""
    # Mails go to the address that was asked for first: a look-alike of it may be somebody else's mailbox.
    asked = Asked(str(values["id"]), str(known[0]["email"]) if known else email, name, message, invited)
    if known and not _counts_again(known[0], now):
        db.conn.execute(_TOUCH, values)
        if effect is Effect.APPROVE and known[0]["state"] == RequestState.PENDING:
            _approve(db, asked, letterbox, now=now)
        elif inviter is None:
            request_mails.repeated(db, letterbox, asked, known[0], again_at=_again_at(known[0]), now=now)
        return
    db.conn.execute(_REOPEN if known else _INSERT, values)
    audit.record(
        db,
        at=now,
        actor=inviter.account_id if inviter else None,
        way="page",
        action="access_request.asked",
        subject=email,
        detail=f"invited by {invited}" if invited else "",
        ip=ip,
    )
    if effect is Effect.APPROVE:
        _approve(db, asked, letterbox, now=now)
        return
    if inviter is None:
        request_mails.received(db, letterbox, asked, now=now)
    if owner_address is not None:
        request_mails.tell_owner(db, letterbox, owner_address, asked, now=now)


def _approve(db: Db, asked: Asked, letterbox: Letterbox, *, now: int) -> None:
    decisions.decide(db, asked.request_id, Move.APPROVE, decider=BY_RULE, letterbox=letterbox, owner=None, now=now)


def _counts_again(row: dict[str, object], now: int) -> bool:
    """Whether asking again makes a request of what was decided; of access that ended by itself it does at any time."""
    if (RequestState(str(row["state"])), Move.ASK) not in MOVES:
        return False
    return _again_at(row) <= now or (row["state"] == RequestState.REVOKED and row["decided_way"] == BY_RULE.way)


def _again_at(row: dict[str, object]) -> int:
    """When a no may be asked about again; 0 for a request that nobody has decided."""
    return 0 if row["decided_at"] is None else int(str(row["decided_at"])) + ASK_AGAIN_AFTER_MS


BY_RULE = Decider(by=None, way="rule")

_INSERT = """
    insert into access_requests (id, email_key, email, name, name_key, message, state, requested_at, created_at,
        updated_at, invited_by, invited_to)
    values (:id, :key, :email, :name, :name_key, :message, 'pending', :now, :now, :now, :invited_by, :invited_to)
"""
_TOUCH = """
    update access_requests set updated_at = :now,
        name = case when state = 'pending' and :name != '' then :name else name end,
        name_key = case when state = 'pending' and :name != '' then :name_key else name_key end,
        message = case when state = 'pending' and :message != '' then :message else message end,
        invited_by = case when state = 'pending' then coalesce(:invited_by, invited_by) else invited_by end,
        invited_to = case when state = 'pending' then coalesce(:invited_to, invited_to) else invited_to end
    where id = :id
"""
_REOPEN = """
    update access_requests set state = 'pending', name = :name, name_key = :name_key, message = :message,
        requested_at = :now, former_state = state, former_at = decided_at, former_note = note, note = '',
        decided_at = null, decided_by = null, decided_way = null, approved_until = null,
        invited_by = :invited_by, invited_to = :invited_to, updated_at = :now
    where id = :id and state in ('denied', 'revoked')
"""
