"""The site owner's decisions from a shell: list access requests, approve, deny, revoke."""

from datetime import UTC, datetime

from rules.approval import Move
from rules.calendar import end_of_day
from rules.states import RequestState
from settings import Settings
from store import decisions, installation, request_list
from store.connect import Db
from store.decisions import Decider, Moved, Terms
from store.errors import Invalid
from store.mails import Letterbox

SHELL = Decider(by=None, way="command")


def listing(db: Db, settings: Settings, *, now: int) -> list[str]:
    """Every request on a line of its own, those that wait first."""
    found = [request for state in RequestState for request in request_list.listed(db, state, limit=-1)]
    if not found:
        return ["There are no access requests."]
    width = max(len(request.email) for request in found)
    return [
        f"{request.state:<8}  {request.email:<{width}}  {_date(request.requested_at)}  {_one_line(request)}".rstrip()
        for request in found
    ]


def approve(db: Db, settings: Settings, email: str, *, now: int, until: str | None = None) -> list[str]:
    """Approve an address, whether it has asked or not; `until` is the last day of the access, as 2026-02-03 in UTC."""
    moved = decisions.approve_address(
        db,
        email,
        decider=SHELL,
        letterbox=Letterbox.of(settings),
        owner=_owner(db, settings),
        now=now,
        terms=Terms(until=_end(until)),
    )
    return [f"{moved.email} is approved and can sign in{f', until {until} (UTC)' if until else ''}."]


def deny(db: Db, settings: Settings, email: str, *, now: int) -> list[str]:
    """Deny a pending request."""
    moved = _move(db, settings, email, Move.DENY, now=now)
    return [f"{moved.email} is denied."]


def revoke(db: Db, settings: Settings, email: str, *, now: int) -> list[str]:
    """Take an approval back: every device and API token of the account ends at once.

    Exports of workspaces that nobody else minds stop; a server that runs cuts their uploads within a second.
    """
    moved = _move(db, settings, email, Move.REVOKE, now=now)
    told = [f"{moved.email} is revoked and signed out everywhere."]
    if moved.ended:
        number = len(moved.ended)
        told.append(f"Exports stopped in {number} workspace{'s' if number > 1 else ''} that nobody else minds.")
    return told


def _move(db: Db, settings: Settings, email: str, move: Move, *, now: int) -> Moved:
    return decisions.decide(
        db,
        decisions.id_of(db, email),
        move,
        decider=SHELL,
        letterbox=Letterbox.of(settings),
        owner=_owner(db, settings),
        now=now,
    )


def _end(until: str | None) -> int | None:
    if until is None:
        return None
    try:
        return end_of_day(until)
    except ValueError as wrong:
        raise Invalid({"until": str(wrong)}) from None


def _owner(db: Db, settings: Settings) -> str | None:
    return installation.owner_id(db, settings.owner_dropbox_account_id)


def _date(ms: int) -> str:
    return f"{datetime.fromtimestamp(ms / 1000, UTC):%Y-%m-%d %H:%M}"


def _one_line(request: request_list.AccessRequest) -> str:
    """Name and message; what strangers wrote holds no control characters, only line breaks."""
    return " · ".join(" ".join(text.split()) for text in (request.name, request.message) if text)
