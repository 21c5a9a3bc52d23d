"""The site owner's decisions about access requests: approve, deny, revoke. Each is guarded, audited, and made once.

Which move leads where is in rules/approval.py; what an approval opens is in admission.py.
"""

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime

from rules import letters
from rules.approval import MOVES, Move, email_key, refusal, validate_email
from rules.states import RequestState
from store import accounts, api_tokens, audit, devices
from store.connect import Db, rows
from store.errors import Conflict, Invalid, NotFound
from store.mails import Letterbox


@dataclass(frozen=True)
class Decider:
    """Who moves a request: `by` an account id (None: a shell), the `way` of the audit, and from where."""

    by: str | None
    way: str
    ip: str = ""


@dataclass(frozen=True)
class Moved:
    """A request that a decision has just met. `account_id` is None until its first sign-in."""

    id: str
    email: str
    state: RequestState
    account_id: str | None


def decide(
    db: Db,
    request_id: str,
    move: Move,
    *,
    decider: Decider,
    letterbox: Letterbox,
    owner: str | None,
    now: int,
    note: str = "",
) -> Moved:
    """Approve, deny or revoke. NotFound for an unknown id; Conflict, and nothing done, where the move can't be made.

    Approving tells the person by mail. Revoking ends every device and API token of the account at once and has its
    login grant revoked at Dropbox. `owner` is the site owner's account id.
    """
    found = rows(
        db, "select id, email, state, account_id, decided_at from access_requests where id = :id", id=request_id
    )
    if not found:
        raise NotFound("This request does not exist.")
    row = found[0]
    before = RequestState(str(row["state"]))
    account_id = None if row["account_id"] is None else str(row["account_id"])
    if (why := refusal(before, move, when_text=_when(row["decided_at"]))) is not None:
        raise Conflict(f"{row['email']}: {why[0].lower()}{why[1:]}")
    if move is Move.REVOKE and account_id is not None and account_id == owner:
        raise Conflict("The site owner can't be revoked.")
    after = MOVES[before, move]
    moved = rows(
        db,
        """
        update access_requests set state = :after, decided_at = :now, decided_by = :by, decided_way = :way,
            note = case when :note != '' then :note else note end, updated_at = :now
        where id = :id and state = :before returning id
        """,
        id=request_id,
        before=before,
        after=after,
        by=decider.by,
        way=decider.way,
        note=note,
        now=now,
    )
    if not moved:
        raise Conflict("Somebody else has just decided this request.")
    done = Moved(request_id, str(row["email"]), after, account_id)
    _follow_up(db, done, decider=decider, letterbox=letterbox, now=now)
    return done


def id_of(db: Db, email: str) -> str:
    """The request of this address; NotFound for one that never asked."""
    found = rows(db, "select id from access_requests where email_key = :key", key=email_key(email))
    if not found:
        raise NotFound(f"There is no access request of {email}.")
    return str(found[0]["id"])


def approve_address(
    db: Db, email: str, *, decider: Decider, letterbox: Letterbox, owner: str | None, now: int
) -> Moved:
    """Approve an address, whether it has asked or not. Raises Invalid for `email`, Conflict if it is approved."""
    email = email.strip()
    if (wrong := validate_email(email)) is not None:
        raise Invalid({"email": wrong})
    try:
        request_id = id_of(db, email)
    except NotFound:
        request_id = secrets.token_urlsafe(12)
        db.conn.execute(
            """
            insert into access_requests (id, email_key, email, state, requested_at, created_at, updated_at)
            values (:id, :key, :email, 'pending', :now, :now, :now)
            """,
            {"id": request_id, "key": email_key(email), "email": email, "now": now},
        )
    return decide(db, request_id, Move.APPROVE, decider=decider, letterbox=letterbox, owner=owner, now=now)


def _follow_up(db: Db, done: Moved, *, decider: Decider, letterbox: Letterbox, now: int) -> None:
    if done.state is RequestState.APPROVED:
        letterbox.drop(db, letters.approved(letterbox.head, email=done.email), to=done.email, now=now)
    if done.state is RequestState.REVOKED and done.account_id is not None:
        devices.end_all(db, done.account_id)
        api_tokens.revoke_all(db, done.account_id, now=now)
        accounts.forget_grant(db, done.account_id, keyring=letterbox.keyring, now=now)
    audit.record(
        db,
        at=now,
        actor=decider.by,
        way=decider.way,
        action=f"access_request.{done.state}",
        subject=done.email,
        detail=done.account_id or "",
        ip=decider.ip,
    )


def _when(decided_at: object) -> str:
    if decided_at is None:
        return ""
    moment = datetime.fromtimestamp(int(str(decided_at)) / 1000, UTC)
    return f"on {moment.day} {moment:%B %Y} at {moment:%H:%M} UTC"
