"""The page behind the link in a mail to the site owner: who asks, why and when, and two buttons that decide once.

Nothing happens by looking. Whoever holds the link may decide about this one request; it shows nothing else.
"""

from starlette.requests import Request
from starlette.responses import Response

from handlers.admin.deciding import owner_of, terms_of
from handlers.clock import now_ms
from handlers.forms import Form, read_form
from handlers.pages import render, see_other
from handlers.state import State
from rules.approval import Move
from rules.states import RequestState
from settings import Settings
from store import approval_links, recent_decisions
from store.connect import Db
from store.decisions import Decider, Moved, Terms
from store.mails import Letterbox

CHOOSE = "Choose to approve or to deny."
DONE = {RequestState.APPROVED: "{} is approved and can sign in.", RequestState.DENIED: "{} is denied."}


async def page(request: Request[State]) -> Response:
    """GET /approvals/{token}: 200 while it may decide, 410 afterwards, 404 for a link that never was."""
    return await _page(request)


async def decide(request: Request[State]) -> Response:
    """POST /approvals/{token}: decision, note_to_person. Acts once."""
    request.state["limits"].check("link", request.state["client_ip"])
    form = await read_form(request)
    move = form.choice("decision", (Move.APPROVE, Move.DENY), sentence=CHOOSE)
    terms = terms_of(form)
    if form.errors:
        return await _page(request, form)
    moved = await request.state["database"].write(
        _decide,
        request.state["settings"],
        request.path_params["token"],
        Move(move),
        terms=Terms(note_to_person=terms.note_to_person),
        ip=request.state["client_ip"],
        now=now_ms(),
    )
    if moved is None:
        return await _page(request)
    return see_other(request, f"/approvals/{request.path_params['token']}", DONE[moved.state].format(moved.email))


async def _page(request: Request[State], form: Form | None = None) -> Response:
    request.state["limits"].check("link", request.state["client_ip"])
    link = await request.state["database"].read(approval_links.find, request.path_params["token"])
    now = now_ms()
    if not link.open(now):
        undo = link.used_at is not None and now < link.used_at + recent_decisions.UNDO_MS
        return render(request, "approvals/decided.html", status=410, link=link, undo=undo)
    return render(request, "approvals/page.html", status=422 if form else 200, link=link, form=form)


def _decide(db: Db, settings: Settings, token: str, move: Move, *, terms: Terms, ip: str, now: int) -> Moved | None:
    """Use the link up and decide, in one write: of fifty at once, one does it. None for a link that may no longer."""
    batch = recent_decisions.new_batch()
    request_id = approval_links.use(db, token, move, batch=batch, now=now)
    if request_id is None:
        return None
    return recent_decisions.decide_one(
        db,
        request_id,
        move,
        decider=Decider(by=None, way="mail", ip=ip),
        letterbox=Letterbox.of(settings),
        owner=owner_of(db, settings),
        now=now,
        terms=terms,
        batch=batch,
    )
