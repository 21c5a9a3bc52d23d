"""Admin → People: who may use the site, what is known of one of them, their address and end, and taking it back."""

from dataclasses import dataclass
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response

from handlers import revocations
from handlers.admin.deciding import decider_of, owner_of, until_of
from handlers.api.answers import page_of
from handlers.clock import now_ms
from handlers.forms import Form, read_form
from handlers.pages import render, see_other
from handlers.revocations import OWNER_STAYS
from handlers.state import State
from rules.approval import MAX_EMAIL
from rules.calendar import last_day
from rules.linked_people import Meter, meter
from rules.user_agents import plain_words
from settings import Settings
from store import approvals, audit_log, devices, installation, people
from store import revocations as ending
from store.audit_log import Entry
from store.connect import Db
from store.decisions import Decider
from store.devices import Device
from store.errors import Conflict, Invalid, NotFound
from store.mails import Letterbox
from store.people import Approved, Cursor, Place
from store.revocations import Minded

MOST_SEARCH = 100
MOST_PLACES = 100
MOST_ENTRIES = 20


@dataclass(frozen=True)
class Known:
    """What is known of a person here."""

    person: Approved
    devices: list[Device]
    places: list[Place]
    entries: list[Entry]


async def index(request: Request[State]) -> Response:
    """GET /admin/people: q, cursor."""
    page, search = page_of(request), request.query_params.get("q", "").strip()[:MOST_SEARCH]
    owner, found, measured = await request.state["database"].read(
        _listing, request.state["settings"], search=search, limit=page.limit + 1, after=page.cursor
    )
    items, older = page.cut(found, lambda each: (each.approved_at or 0, each.request_id or ""))
    return render(
        request,
        "admin/people.html",
        people=[owner, *items] if owner and not search and not page.cursor else items,
        search=search,
        meter=measured,
        older=_address(search, older) if older else "",
        newest=_address(search) if page.cursor else "",
    )


async def show(request: Request[State]) -> Response:
    """GET /admin/people/{account}: of somebody who has signed in or not."""
    return await _show(request)


async def change_address(request: Request[State]) -> Response:
    """POST /admin/people/{account}/address: email. The same address once more sends its mail again."""
    form = await read_form(request)
    email = form.text("email", required="Enter an e-mail address.", most=MAX_EMAIL)
    key = request.path_params["account"]
    if form.errors:
        return await _show(request, form, status=422)
    try:
        await request.state["database"].write(
            _change_address, request.state["settings"], key, email, decider=decider_of(request), now=now_ms()
        )
    except Invalid as wrong:
        form.refuse(wrong.errors)
        return await _show(request, form, status=422)
    except Conflict as conflict:
        form.refuse({"email": conflict.message})
        return await _show(request, form, status=409)
    return see_other(request, f"/admin/people/{key}", f"Approved under {email}.")


async def change_end(request: Request[State]) -> Response:
    """POST /admin/people/{account}/until: until, the last day of the access; empty: it has no end."""
    form = await read_form(request)
    until, key = until_of(form), request.path_params["account"]
    if form.errors:
        return await _show(request, form, status=422)
    try:
        await request.state["database"].write(
            _change_end, request.state["settings"], key, until, decider=decider_of(request), now=now_ms()
        )
    except Invalid as wrong:
        form.refuse(wrong.errors)
        return await _show(request, form, status=422)
    told = "The access has no end." if until is None else f"The access ends by itself after {last_day(until)} (UTC)."
    return see_other(request, f"/admin/people/{key}", told)


async def confirm_revoke(request: Request[State]) -> Response:
    """GET /admin/people/{account}/revoke: what it will do, and the button."""
    person, minded = await request.state["database"].read(
        _minded, request.state["settings"], request.path_params["account"], now=now_ms()
    )
    return render(request, "admin/revoke.html", approved=person, minded=minded)


async def revoke(request: Request[State]) -> Response:
    """POST /admin/people/{account}/revoke"""
    moved = await revocations.revoke(request.state, request.path_params["account"], decider=decider_of(request))
    return see_other(request, "/admin/people", f"{moved.email} is revoked and signed out everywhere.")


async def _show(request: Request[State], form: Form | None = None, *, status: int = 200) -> Response:
    known = await request.state["database"].read(
        _known, request.state["settings"], request.path_params["account"], now=now_ms()
    )
    return render(
        request,
        "admin/person.html",
        status=status,
        approved=known.person,
        devices=[(device, plain_words(device.user_agent)) for device in known.devices],
        places=known.places,
        most_places=MOST_PLACES,
        entries=known.entries,
        form=form,
        until=last_day(known.person.approved_until) if known.person.approved_until else "",
    )


def _address(search: str, cursor: str = "") -> str:
    query = urlencode({name: text for name, text in (("q", search), ("cursor", cursor)) if text})
    return f"/admin/people?{query}" if query else "/admin/people"


def _listing(
    db: Db, settings: Settings, *, search: str, limit: int, after: Cursor | None
) -> tuple[Approved | None, list[Approved], Meter]:
    owner = owner_of(db, settings)
    try:
        first = people.find(db, owner, owner=owner) if owner else None
    except NotFound:
        first = None
    found = people.approved(db, owner=owner, limit=limit, search=search, after=after)
    return first, found, meter(people.linked(db), installation.people_refused_at(db))


def _known(db: Db, settings: Settings, key: str, *, now: int) -> Known:
    person = people.find(db, key, owner=owner_of(db, settings))
    account_id = person.account_id
    return Known(
        person=person,
        devices=devices.of_account(db, account_id, now=now) if account_id else [],
        places=people.places(db, account_id, most=MOST_PLACES + 1) if account_id else [],
        entries=audit_log.about(db, (person.email, account_id or ""), most=MOST_ENTRIES),
    )


def _minded(db: Db, settings: Settings, key: str, *, now: int) -> tuple[Approved, list[Minded]]:
    owner = owner_of(db, settings)
    person = people.find(db, key, owner=owner)
    if person.site_owner:
        raise Conflict(OWNER_STAYS)
    return person, ending.minded(db, person.account_id, owner=owner, now=now) if person.account_id else []


def _change_address(db: Db, settings: Settings, key: str, email: str, *, decider: Decider, now: int) -> None:
    person = people.find(db, key, owner=owner_of(db, settings))
    approvals.change_address(db, person, email, decider=decider, letterbox=Letterbox.of(settings), now=now)


def _change_end(db: Db, settings: Settings, key: str, until: int | None, *, decider: Decider, now: int) -> None:
    person = people.find(db, key, owner=owner_of(db, settings))
    if person.site_owner:
        raise Conflict(approvals.NO_APPROVAL)
    approvals.change_end(db, person, until, decider=decider, now=now)
