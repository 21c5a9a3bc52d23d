"""Mails that access requests and decisions cause: notices to the site owner, gathered when they come thick, and word
to the people who ask.

Their words are in rules/letters.py and rules/access_letters.py.
"""

from dataclasses import dataclass

from rules import access_letters, letters
from rules.calendar import day_of, last_day
from rules.letters import Letter
from rules.states import RequestState
from store import approval_links, claim_links, mails
from store.connect import Db, rows
from store.mails import Letterbox

HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS

NOTICES_AN_HOUR = 5
NOTICE = "new-request"
DIGEST = "more-requests"
NAMED_IN_DIGEST = 20

TO_ASKER = "to-asker"
TO_ASKERS_AN_HOUR = 200
RECEIVED = "received"
DECISION = "decision"


@dataclass(frozen=True)
class Asked:
    """A request as the mails need it. `invited` says who invited and where to, or is empty."""

    request_id: str
    email: str
    name: str
    message: str
    invited: str = ""


@dataclass(frozen=True)
class Decided:
    """A decision as its mail needs it; `account_id` is None while nobody has signed in under the request.

    `by_itself`: a rule decided, so an access that ends has come to the day that it was given until.
    """

    request_id: str
    email: str
    state: RequestState
    account_id: str | None
    note_to_person: str
    until: int | None
    by_itself: bool


def tell_owner(db: Db, letterbox: Letterbox, to: str, asked: Asked, *, now: int) -> None:
    """A mail with a link that decides, for each of the first five requests of an hour; the others share one mail.

    That one goes out an hour after the first of the five, and is written anew with each request until then.
    """
    made = mails.made_since(db, NOTICE, since=now - HOUR_MS)
    if len(made) >= NOTICES_AN_HOUR:
        _gather(db, letterbox, to, due_at=made[0] + HOUR_MS, now=now)
        return
    token = approval_links.make(db, asked.request_id, asked_at=now, now=now)
    letter = letters.new_request(
        letterbox.head,
        email=asked.email,
        name=asked.name,
        message=asked.message,
        asked=day_of(now, with_time=True),
        invited=asked.invited,
        path=f"/approvals/{token}",
    )
    letterbox.drop(db, letter, to=to, now=now, topic=NOTICE)


def received(db: Db, letterbox: Letterbox, asked: Asked, *, now: int) -> None:
    """Tell the asker that their request is here."""
    _tell_asker(db, letterbox, asked, RECEIVED, access_letters.received(letterbox.head, email=asked.email), now=now)


def repeated(db: Db, letterbox: Letterbox, asked: Asked, row: dict[str, object], *, again_at: int, now: int) -> None:
    """Tell somebody who asked again how their request stands; `row` is that request's, `again_at` when a no ends."""
    head, state = letterbox.head, RequestState(str(row["state"]))
    if _told_today(row, state, now):
        return
    if state is RequestState.PENDING:
        letter = access_letters.still_waiting(head, email=asked.email, since=day_of(int(str(row["requested_at"]))))
    elif state is RequestState.APPROVED:
        path = "" if row["account_id"] is not None else f"/claims/{claim_links.make(db, asked.request_id, now=now)}"
        letter = access_letters.already_approved(head, email=asked.email, claim_path=path)
    else:
        letter = access_letters.ask_again_later(head, email=asked.email, day=day_of(again_at))
    _tell_asker(db, letterbox, asked, state, letter, now=now)


def decided(db: Db, letterbox: Letterbox, it: Decided, *, tell_at: int | None, now: int) -> str:
    """Tell the person what was decided, at `tell_at` (now). Returns the mail's id.

    An approval that nobody has signed in under comes with a fresh claim link.
    """
    head = letterbox.head
    if it.state is RequestState.DENIED:
        letter = access_letters.denied(head, email=it.email, note=it.note_to_person)
    elif it.state is RequestState.REVOKED:
        letter = (access_letters.ended if it.by_itself else access_letters.revoked)(head, email=it.email)
    else:
        path = "" if it.account_id is not None else f"/claims/{claim_links.make(db, it.request_id, now=now)}"
        until = "" if it.until is None else last_day(it.until)
        letter = access_letters.approved(head, email=it.email, claim_path=path, until=until)
    return letterbox.drop(db, letter, to=it.email, now=now, topic=DECISION, due_at=tell_at)


def _tell_asker(db: Db, letterbox: Letterbox, asked: Asked, told: str, letter: Letter, *, now: int) -> None:
    """One mail of a kind a day to an address, and so many an hour to all, lest we pester people in others' names."""
    if mails.count_since(db, TO_ASKER, since=now - HOUR_MS) >= TO_ASKERS_AN_HOUR:
        return
    letterbox.drop(db, letter, to=asked.email, now=now, topic=TO_ASKER)
    db.conn.execute(
        "update access_requests set told = :told, told_at = :now where id = :id",
        {"told": told, "now": now, "id": asked.request_id},
    )


def _told_today(row: dict[str, object], told: str, now: int) -> bool:
    return row["told"] == told and int(str(row["told_at"])) > now - DAY_MS


def _gather(db: Db, letterbox: Letterbox, to: str, *, due_at: int, now: int) -> None:
    open_one = mails.unsent(db, DIGEST, since=now - HOUR_MS)
    since = open_one.created_at if open_one else now
    waiting = "from access_requests where state = 'pending' and requested_at >= :since"
    found = rows(
        db,
        f"select email, name {waiting} order by requested_at, id limit :most",
        since=since,
        most=NAMED_IN_DIGEST,
    )
    number = int(str(rows(db, f"select count(*) as n {waiting}", since=since)[0]["n"]))
    people = [(str(row["email"]), str(row["name"])) for row in found]
    letter = letters.more_requests(letterbox.head, people=people, others=number - len(people))
    if open_one:
        letterbox.rewrite(db, open_one.id, letter)
    else:
        letterbox.drop(db, letter, to=to, now=now, topic=DIGEST, due_at=due_at)
