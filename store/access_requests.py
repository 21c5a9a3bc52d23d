"""Access requests: asked for by anybody, and listed for the site owner.

Deciding them is in decisions.py, the people they have let in are listed in people.py.
"""

import secrets
from dataclasses import dataclass

from rules import letters
from rules.approval import MOVES, Move, email_key
from rules.states import RequestState
from store import audit, mails
from store.connect import Db, rows
from store.mails import Letterbox

HOUR_MS = 3_600_000
ASK_AGAIN_AFTER_MS = 7 * 24 * HOUR_MS
MOST_PENDING = 2_000
NOTICES_AN_HOUR = 5
NOTICE = "new-request"
DIGEST = "more-requests"


@dataclass(frozen=True)
class AccessRequest:
    """One request as the site owner sees it. Times are milliseconds UTC; `decided_by` is a name, None for a shell.

    `invited_by` and `invited_to` name the member and the workspace that an invitation came from, if one did.
    """

    id: str
    email: str
    name: str
    message: str
    state: RequestState
    account_id: str | None
    requested_at: int
    decided_at: int | None
    decided_by: str | None
    decided_way: str | None
    note: str
    invited_by: str | None
    invited_to: str | None


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
    Else nothing but the time of asking. A row is written in every case, so that all take as long.
    """
    key = email_key(email)
    known = rows(db, "select id, state, decided_at from access_requests where email_key = :key", key=key)
    values = {
        "key": key,
        "email": email,
        "name": name,
        "message": message,
        "invited_by": inviter and inviter.account_id,
        "invited_to": inviter and inviter.workspace,
        "now": now,
    }
    if not known:
        db.conn.execute(
            """
            insert into access_requests (id, email_key, email, name, message, state, requested_at, created_at,
                updated_at, invited_by, invited_to)
            values (:id, :key, :email, :name, :message, 'pending', :now, :now, :now, :invited_by, :invited_to)
            """,
            {**values, "id": secrets.token_urlsafe(12)},
        )
    else:
        db.conn.execute(
            """
            update access_requests set updated_at = :now,
                name = case when state = 'pending' and :name != '' then :name else name end,
                message = case when state = 'pending' and :message != '' then :message else message end,
                invited_by = case when state = 'pending' then coalesce(:invited_by, invited_by) else invited_by end,
                invited_to = case when state = 'pending' then coalesce(:invited_to, invited_to) else invited_to end
            where email_key = :key
            """,
            values,
        )
        if not _may_ask_again(known[0], now):
            return
        db.conn.execute(
            """
            update access_requests set state = 'pending', name = :name, message = :message, requested_at = :now,
                decided_at = null, decided_by = null, decided_way = null, invited_by = :invited_by,
                invited_to = :invited_to
            where email_key = :key and state in ('denied', 'revoked')
            """,
            values,
        )
    audit.record(
        db,
        at=now,
        actor=inviter and inviter.account_id,
        way="page",
        action="access_request.asked",
        subject=email,
        detail=f"invited by {inviter.words}" if inviter else "",
        ip=ip,
    )
    if owner_address is not None:
        letter = letters.new_request(
            letterbox.head, email=email, name=name, message=message, invited=inviter.words if inviter else ""
        )
        _tell_owner(db, letterbox, owner_address, letter, now=now)


def counts(db: Db) -> dict[RequestState, int]:
    """How many requests there are in each state."""
    found = rows(db, "select state, count(*) as n from access_requests group by state")
    known = {RequestState(str(row["state"])): int(str(row["n"])) for row in found}
    return {state: known.get(state, 0) for state in RequestState}


def listed(db: Db, state: RequestState | None, *, limit: int) -> list[AccessRequest]:
    """Requests in one state, or all; those that wait oldest first, decided ones newest first."""
    pending = state is RequestState.PENDING
    found = rows(
        db,
        f"""
        select r.id, r.email, r.name, r.message, r.state, r.account_id, r.requested_at, r.decided_at,
            a.display_name as decided_by, r.decided_way, r.note,
            coalesce(nullif(i.display_name, ''), i.email) as invited_by, r.invited_to
        from access_requests r left join accounts a on a.id = r.decided_by left join accounts i on i.id = r.invited_by
        where :state is null or r.state = :state
        order by {"r.requested_at" if pending else "coalesce(r.decided_at, r.requested_at) desc"}, r.id
        limit :limit
        """,  # noqa: S608 - one of two constants
        state=state,
        limit=limit,
    )
    return [AccessRequest(**{**row, "state": RequestState(str(row["state"]))}) for row in found]  # type: ignore[arg-type]


def _may_ask_again(row: dict[str, object], now: int) -> bool:
    if (RequestState(str(row["state"])), Move.ASK) not in MOVES:
        return False
    return int(str(row["decided_at"])) + ASK_AGAIN_AFTER_MS <= now


def _tell_owner(db: Db, letterbox: Letterbox, to: str, letter: letters.Letter, *, now: int) -> None:
    """A mail for each of the first five requests of an hour, then one for all the others, at the hour's end."""
    made = mails.made_since(db, NOTICE, since=now - HOUR_MS)
    if len(made) < NOTICES_AN_HOUR:
        letterbox.drop(db, letter, to=to, now=now, topic=NOTICE)
    elif not mails.made_since(db, DIGEST, since=now - HOUR_MS):
        due_at = made[0] + HOUR_MS
        letterbox.drop(db, letters.more_requests(letterbox.head), to=to, now=now, topic=DIGEST, due_at=due_at)
