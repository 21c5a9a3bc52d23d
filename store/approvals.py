"""Approvals that stand: under which address, until which day. Making and taking them back is in decisions.py."""

from rules.approval import email_key, validate_email
from rules.calendar import last_day
from rules.states import RequestState
from store import audit, claim_links, request_mails
from store.connect import Db, rows
from store.decisions import Decider
from store.errors import Conflict, Invalid
from store.mails import Letterbox
from store.people import Approved
from store.request_mails import Decided

NO_APPROVAL = "The site owner needs no approval."


def change_address(db: Db, person: Approved, email: str, *, decider: Decider, letterbox: Letterbox, now: int) -> None:
    """Approve a person under another address. Whoever has signed in stays who they are.

    While nobody has, the new address gets a fresh claim link and the links before it end; the same address may be
    given again for that. Raises Invalid for `email`, Conflict where another request has the address.
    """
    email = email.strip()
    if (wrong := validate_email(email)) is not None:
        raise Invalid({"email": wrong})
    if person.request_id is None:
        raise Conflict(NO_APPROVAL)
    other = rows(
        db,
        "select state from access_requests where email_key = :key and id != :id",
        key=email_key(email),
        id=person.request_id,
    )
    if other:
        raise Conflict(f"{email} has a request of its own, which is {other[0]['state']}. Decide about that one.")
    db.conn.execute(
        "update access_requests set email = :email, email_key = :key, updated_at = :now where id = :id",
        {"email": email, "key": email_key(email), "now": now, "id": person.request_id},
    )
    if person.account_id is None:
        claim_links.end_all(db, person.request_id, now=now)
        told = Decided(
            person.request_id, email, RequestState.APPROVED, None, "", person.approved_until, by_itself=False
        )
        request_mails.decided(db, letterbox, told, tell_at=None, now=now)
    _record(db, "access_request.address_changed", email, f"was {person.email}", decider, now=now)


def change_end(db: Db, person: Approved, until: int | None, *, decider: Decider, now: int) -> None:
    """Let an approval end at `until` (milliseconds UTC), or not at all. Raises Invalid for a moment that is over."""
    if person.request_id is None:
        raise Conflict(NO_APPROVAL)
    if until is not None and until <= now:
        raise Invalid({"until": "Choose a day that is not over yet."})
    db.conn.execute(
        "update access_requests set approved_until = :until, updated_at = :now where id = :id and state = 'approved'",
        {"until": until, "now": now, "id": person.request_id},
    )
    detail = "no end" if until is None else f"until {last_day(until)}"
    _record(db, "access_request.end_changed", person.email, detail, decider, now=now)


def ending(db: Db, *, owner: str | None, now: int, most: int, request_id: str | None = None) -> list[str]:
    """Ids of requests, or of that one, whose approval has come to its end and is not taken back yet.

    The site owner needs no approval, so theirs may end without anything ending with it.
    """
    found = rows(
        db,
        """
        select id from access_requests
        where state = 'approved' and approved_until is not null and approved_until <= :now
            and (:id is null or id = :id) and coalesce(account_id, '') != coalesce(:owner, '-')
        order by approved_until limit :most
        """,
        now=now,
        id=request_id,
        owner=owner,
        most=most,
    )
    return [str(row["id"]) for row in found]


def _record(db: Db, action: str, subject: str, detail: str, decider: Decider, *, now: int) -> None:
    audit.record(
        db, at=now, actor=decider.by, way=decider.way, action=action, subject=subject, detail=detail, ip=decider.ip
    )
