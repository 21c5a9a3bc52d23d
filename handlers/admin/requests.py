"""Admin → Requests: who asks for access, deciding about one or many, and taking that back for a minute."""

from collections.abc import Mapping
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response

from handlers.admin.deciding import decider_of, owner_of, terms_of
from handlers.api.answers import page_of
from handlers.clock import now_ms
from handlers.forms import Form, read_form
from handlers.pages import render, see_other
from handlers.state import State
from rules.addresses import domain_of
from rules.approval import Move
from rules.states import RequestState
from settings import Settings
from store import recent_decisions, request_list, set_aside
from store.connect import Db
from store.decisions import Decider, Moved, Terms
from store.errors import Conflict, Invalid
from store.mails import Letterbox
from store.recent_decisions import MOST_AT_ONCE, Result
from store.request_list import AccessRequest, Cursor

ALL = "all"
MOST_SEARCH = 100
CHOOSE = "Choose to approve or to deny."
NOBODY = "Select at least one request."
MOVES = (Move.APPROVE, Move.DENY)
DONE = {RequestState.APPROVED: "{} is approved and can sign in.", RequestState.DENIED: "{} is denied."}


async def home(request: Request[State]) -> Response:
    """GET /admin"""
    return see_other(request, "/admin/requests")


async def index(request: Request[State]) -> Response:
    """GET /admin/requests: status, q, cursor; done names the decisions that were just made."""
    return await _page(request, request.query_params)


async def decide(request: Request[State]) -> Response:
    """POST /admin/requests/{id}/decision: decision, note, note_to_person, until."""
    form = await read_form(request)
    move = form.choice("decision", MOVES, sentence=CHOOSE)
    terms = terms_of(form)
    if form.errors:
        return await _page(request, form.values, answer=422, problem=" ".join(form.errors.values()), form=form)
    batch = recent_decisions.new_batch()
    try:
        moved = await request.state["database"].write(
            _decide,
            request.state["settings"],
            request.path_params["id"],
            Move(move),
            decider=decider_of(request),
            terms=terms,
            batch=batch,
            now=now_ms(),
        )
    except Conflict as conflict:
        return await _page(request, form.values, answer=409, problem=conflict.message)
    except Invalid as wrong:
        return await _page(request, form.values, answer=422, problem=wrong.message, form=form)
    return see_other(request, _address(form.values, done=batch), DONE[moved.state].format(moved.email))


async def decide_many(request: Request[State]) -> Response:
    """POST /admin/requests/decisions: ids, decision, note, note_to_person, until. One result for each id."""
    form = await read_form(request)
    move = form.choice("decision", MOVES, sentence=CHOOSE)
    ids = form.many("ids", sentence=NOBODY, most=MOST_AT_ONCE)
    terms = terms_of(form)
    if form.errors:
        return await _page(request, form.values, answer=422, problem=" ".join(form.errors.values()), form=form)
    try:
        batch = await request.state["database"].write(
            _decide_all,
            request.state["settings"],
            ids,
            Move(move),
            decider=decider_of(request),
            terms=terms,
            now=now_ms(),
        )
    except Invalid as wrong:
        return await _page(request, form.values, answer=422, problem=wrong.message, form=form)
    return see_other(request, _address(form.values, done=batch))


async def undo(request: Request[State]) -> Response:
    """POST /admin/requests/undo: batch."""
    form = await read_form(request)
    batch = form.values.get("batch", "")
    undone, kept = await request.state["database"].write(
        recent_decisions.undo, batch, decider=decider_of(request), now=now_ms()
    )
    told = {0: "Nothing could be taken back any more.", 1: "One decision is taken back."}
    sentence = " ".join([told.get(undone, f"{undone} decisions are taken back."), *kept[:3]])
    kind = "warn" if kept or not undone else "ok"
    return see_other(request, _address(form.values, done=batch), sentence, kind=kind)


async def _page(
    request: Request[State],
    asked: Mapping[str, str],
    *,
    answer: int = 200,
    problem: str = "",
    form: Form | None = None,
) -> Response:
    status, search, done = (asked.get(name, "").strip()[:MOST_SEARCH] for name in ("status", "q", "done"))
    known = status if status in tuple(RequestState) else RequestState.PENDING
    chosen = None if status == ALL else RequestState(known)
    page = page_of(request)
    now = now_ms()
    listing = await request.state["database"].read(
        _listing, chosen, search=search, limit=page.limit + 1, after=page.cursor, done=done
    )
    counts, aside, found, results = listing
    items, older = page.cut(found, lambda each: (each.moved_at, each.id))
    return render(
        request,
        "admin/requests.html",
        status=answer,
        chosen=str(chosen or ALL),
        counts={str(state): number for state, number in counts.items()},
        aside=aside,
        search=search,
        requests=items,
        domains={each.id: domain_of(each.email) for each in items},
        older=_address({"status": str(chosen or ALL), "q": search}, cursor=older) if older else "",
        newest=_address({"status": str(chosen or ALL), "q": search}) if page.cursor else "",
        problem=problem,
        results=results,
        batch=done,
        undo_until=max((each.undo_until for each in results if each.undoable(now)), default=0),
        typed=form.values if form else {},
        typed_for=request.path_params.get("id", ""),
        now=now,
    )


def _address(values: Mapping[str, str], **more: str) -> str:
    """The page with the same filter and search, and with `more`."""
    kept = {name: values.get(name, "")[:MOST_SEARCH] for name in ("status", "q")}
    query = urlencode({name: text for name, text in {**kept, **more}.items() if text})
    return f"/admin/requests?{query}" if query else "/admin/requests"


Listing = tuple[dict[RequestState, int], int, list[AccessRequest], list[Result]]


def _listing(
    db: Db, chosen: RequestState | None, *, search: str, limit: int, after: Cursor | None, done: str
) -> Listing:
    found = request_list.listed(db, chosen, limit=limit, search=search, after=after)
    results = recent_decisions.results(db, done) if done else []
    return request_list.counts(db), set_aside.count(db), found, results


def _decide(
    db: Db, settings: Settings, request_id: str, move: Move, *, decider: Decider, terms: Terms, batch: str, now: int
) -> Moved:
    return recent_decisions.decide_one(
        db,
        request_id,
        move,
        decider=decider,
        letterbox=Letterbox.of(settings),
        owner=owner_of(db, settings),
        now=now,
        terms=terms,
        batch=batch,
    )


def _decide_all(
    db: Db, settings: Settings, ids: list[str], move: Move, *, decider: Decider, terms: Terms, now: int
) -> str:
    return recent_decisions.decide_all(
        db,
        ids,
        move,
        decider=decider,
        letterbox=Letterbox.of(settings),
        owner=owner_of(db, settings),
        now=now,
        terms=terms,
    )
