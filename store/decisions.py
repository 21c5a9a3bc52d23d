"""The site owner's decisions about access requests: approve, deny, revoke. Each is guarded, audited, and made once.

Which move leads where is in rules/approval.py; taking one back is in recent_decisions.py; what an approval opens is in
admission.py, and what ends with it in revocations.py.
"""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from rules.approval import MOVES, Move, email_key, refusal, validate_email
from rules.calendar import last_day
from rules.states import RequestState
from store import audit, request_mails, revocations
from store.connect import Db, rows
from store.errors import Conflict, Invalid, NotFound
from store.mails import Letterbox
from store.request_mails import Decided

MOST_NOTE = 1000


@dataclass(frozen=True)
class Decider:
    """Who moves a request: `by` an account id (None: a shell, a link or a rule), the `way` of the audit, from where."""

    by: str | None
    way: str
    ip: str = ""


@dataclass(frozen=True)
class Terms:
    """What goes with a decision: a private note, a note to a denied person, and when an approval ends (ms UTC).

    `tells` False: the person gets no mail.
    """

    note: str = ""
    note_to_person: str = ""
    until: int | None = None
    tells: bool = True


@dataclass(frozen=True)
class Moved:
    """A request that a decision has just met. `account_id` is None until its first sign-in.

    `mail_id` is the mail that tells the person, if one does; `ended` are the connections that a revocation ended, with
    their new epochs.
    """

    id: str
    email: str
    state: RequestState
    account_id: str | None
    mail_id: str | None = None
    ended: Mapping[str, int] = field(default_factory=dict)


def decide(
    db: Db,
    request_id: str,
    move: Move,
    *,
    decider: Decider,
    letterbox: Letterbox,
    owner: str | None,
    now: int,
    terms: Terms | None = None,
    tell_at: int | None = None,
) -> Moved:
    """Approve, deny or revoke. NotFound for an unknown id; Conflict, and nothing done, where the move can't be made.

    It holds at once. The person is told by mail at `tell_at` (now). Revoking ends every device and API token of the
    account, has its login grant revoked at Dropbox, and stops exports that nobody else minds. `owner` is the site
    owner's account id.
    """
    terms = terms or Terms()
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
    if move is Move.APPROVE and terms.until is not None and terms.until <= now:
        raise Invalid({"until": "Choose a day that is not over yet."})
    after = MOVES[before, move]
    moved = rows(
        db,
        """
        update access_requests set state = :after, decided_at = :now, decided_by = :by, decided_way = :way,
            note = case when :note != '' then :note else note end, approved_until = :until, updated_at = :now
        where id = :id and state = :before returning id
        """,
        id=request_id,
        before=before,
        after=after,
        by=decider.by,
        way=decider.way,
        note=terms.note,
        until=terms.until if move is Move.APPROVE else None,
        now=now,
    )
    if not moved:
        raise Conflict("Somebody else has just decided this request.")
    ended: dict[str, int] = {}
    if after is RequestState.REVOKED:
        ended = revocations.end_everything(
            db,
            request_id,
            account_id,
            owner=owner,
            keyring=letterbox.keyring,
            by=decider.by,
            way=decider.way,
            ip=decider.ip,
            now=now,
        )
    _record(db, f"access_request.{after}", str(row["email"]), _detail(account_id, terms), decider, now=now)
    done = Moved(request_id, str(row["email"]), after, account_id, ended=ended)
    if not terms.tells:
        return done
    decided = Decided(
        request_id, done.email, after, account_id, terms.note_to_person, terms.until, by_itself=decider.way == "rule"
    )
    return replace(done, mail_id=request_mails.decided(db, letterbox, decided, tell_at=tell_at, now=now))


def id_of(db: Db, email: str) -> str:
    """The request of this address; NotFound for one that never asked."""
    found = rows(db, "select id from access_requests where email_key = :key", key=email_key(email))
    if not found:
        raise NotFound(f"There is no access request of {email}.")
    return str(found[0]["id"])


def approve_address(
    db: Db,
    email: str,
    *,
    decider: Decider,
    letterbox: Letterbox,
    owner: str | None,
    now: int,
    terms: Terms | None = None,
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
    return decide(db, request_id, Move.APPROVE, decider=decider, letterbox=letterbox, owner=owner, now=now, terms=terms)


def _record(db: Db, action: str, subject: str, detail: str, decider: Decider, *, now: int) -> None:
    audit.record(
        db, at=now, actor=decider.by, way=decider.way, action=action, subject=subject, detail=detail, ip=decider.ip
    )


def _detail(account_id: str | None, terms: Terms) -> str:
    until = "" if terms.until is None else f"until {last_day(terms.until)}"
    return " · ".join(filter(None, (account_id, until)))


def _when(decided_at: object) -> str:
    if decided_at is None:
        return ""
    moment = datetime.fromtimestamp(int(str(decided_at)) / 1000, UTC)
    return f"on {moment.day} {moment:%B %Y} at {moment:%H:%M} UTC"
