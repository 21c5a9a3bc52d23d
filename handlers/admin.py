"""Admin, for the site owner alone: access requests and their decisions, the people let in, the mails."""

from starlette.requests import Request
from starlette.responses import Response

from handlers.clock import now_ms
from handlers.forms import Form, read_form
from handlers.pages import render, see_other
from handlers.state import State
from rules.approval import Move
from rules.states import RequestState
from settings import Settings
from store import access_requests, decisions, installation, mails, people
from store.connect import Db
from store.decisions import Decider, Moved
from store.errors import Conflict, Invalid
from store.mails import Letterbox
from store.people import Approved

MOST_NOTE = 1000
MOST_SHOWN = 200
ALL = "all"
DONE = {
    RequestState.APPROVED: "{} is approved and can sign in.",
    RequestState.DENIED: "{} is denied.",
    RequestState.REVOKED: "{} is revoked and signed out everywhere.",
}


async def home(request: Request[State]) -> Response:
    """GET /admin"""
    return see_other(request, "/admin/requests")


async def requests(request: Request[State]) -> Response:
    """GET /admin/requests?status="""
    return await _requests_page(request, request.query_params.get("status", ""))


async def decide(request: Request[State]) -> Response:
    """POST /admin/requests/{id}/decision: decision, note."""
    form = await read_form(request)
    status = form.values.get("status", "")
    decision = form.choice("decision", (Move.APPROVE, Move.DENY), sentence="Choose to approve or to deny.")
    note = form.text("note", most=MOST_NOTE)
    if form.errors:
        return await _requests_page(request, status, answer=422, problem=" ".join(form.errors.values()), form=form)
    try:
        moved = await request.state["database"].write(
            _decide,
            request.state["settings"],
            request.path_params["id"],
            Move(decision),
            decider=_decider(request),
            note=note,
            now=now_ms(),
        )
    except Conflict as conflict:
        return await _requests_page(request, status, answer=409, problem=conflict.message)
    back = f"/admin/requests?status={status}" if status in (*RequestState, ALL) else "/admin/requests"
    return see_other(request, back, DONE[moved.state].format(moved.email))


async def approved(request: Request[State]) -> Response:
    """GET /admin/people"""
    found = await request.state["database"].read(_people, request.state["settings"])
    return render(request, "admin/people.html", people=found)


async def confirm_revoke(request: Request[State]) -> Response:
    """GET /admin/people/{account}/revoke: what it will do, and the button."""
    person = await request.state["database"].read(_person, request.state["settings"], request.path_params["account"])
    return render(request, "admin/revoke.html", approved=person)


async def revoke(request: Request[State]) -> Response:
    """POST /admin/people/{account}/revoke"""
    moved = await request.state["database"].write(
        _revoke,
        request.state["settings"],
        request.path_params["account"],
        decider=_decider(request),
        now=now_ms(),
    )
    return see_other(request, "/admin/people", DONE[moved.state].format(moved.email))


async def mail(request: Request[State]) -> Response:
    """GET /admin/mail"""
    settings = request.state["settings"]
    found = await request.state["database"].read(mails.listed, settings.keyring, limit=MOST_SHOWN)
    return render(request, "admin/mail.html", mails=found, mails_are_sent=settings.mails_are_sent, most=MOST_SHOWN)


async def _requests_page(
    request: Request[State], status: str, *, answer: int = 200, problem: str = "", form: Form | None = None
) -> Response:
    known = status if status in tuple(RequestState) else RequestState.PENDING
    chosen = None if status == ALL else RequestState(known)
    counts, found = await request.state["database"].read(_listing, chosen)
    return render(
        request,
        "admin/requests.html",
        status=answer,
        chosen=str(chosen or ALL),
        counts={str(state): number for state, number in counts.items()},
        requests=found,
        most=MOST_SHOWN,
        problem=problem,
        typed_note=form.values.get("note", "") if form else "",
        typed_for=request.path_params.get("id", ""),
    )


def _decider(request: Request[State]) -> Decider:
    return Decider(by=request.state["person"].account_id, way="page", ip=request.state["client_ip"])


def _listing(
    db: Db, chosen: RequestState | None
) -> tuple[dict[RequestState, int], list[access_requests.AccessRequest]]:
    return access_requests.counts(db), access_requests.listed(db, chosen, limit=MOST_SHOWN)


def _decide(db: Db, settings: Settings, request_id: str, move: Move, *, decider: Decider, note: str, now: int) -> Moved:
    return decisions.decide(
        db,
        request_id,
        move,
        decider=decider,
        letterbox=Letterbox.of(settings),
        owner=installation.owner_id(db, settings.owner_dropbox_account_id),
        now=now,
        note=note,
    )


def _people(db: Db, settings: Settings) -> list[Approved]:
    return people.approved(db, owner=installation.owner_id(db, settings.owner_dropbox_account_id))


def _person(db: Db, settings: Settings, key: str) -> Approved:
    person = people.find(db, key, owner=installation.owner_id(db, settings.owner_dropbox_account_id))
    if person.site_owner:
        raise Conflict("The site owner can't be revoked.")
    return person


def _revoke(db: Db, settings: Settings, key: str, *, decider: Decider, now: int) -> Moved:
    person = _person(db, settings, key)
    if person.request_id is None:
        raise Invalid({"account": "There is no approval to take back."})
    return _decide(db, settings, person.request_id, Move.REVOKE, decider=decider, note="", now=now)
