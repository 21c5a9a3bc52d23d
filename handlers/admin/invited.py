"""Admin → Invitations: who is invited to which workspace, and whether invited people need a decision."""

from starlette.requests import Request
from starlette.responses import Response

from handlers.clock import now_ms
from handlers.forms import read_form
from handlers.pages import render, see_other
from handlers.state import State
from settings import Settings
from store import installation, invitations
from store.connect import Db
from store.invitations import Invitation

MOST_SHOWN = 200
HERE = "/admin/invitations"
SWITCHED = {
    "on": "Invited people are let in without a decision from now on.",
    "off": "Invited people wait for a decision from now on.",
}


async def index(request: Request[State]) -> Response:
    """GET /admin/invitations"""
    return await _page(request)


async def switch(request: Request[State]) -> Response:
    """POST /admin/invitations: enabled: on or off."""
    form = await read_form(request)
    wanted = form.choice("enabled", SWITCHED, sentence="Say whether it is to be on or off.")
    if form.errors:
        return await _page(request, problem=form.errors["enabled"], status=422)
    await request.state["database"].write(
        installation.let_invited_in,
        wanted == "on",
        by=request.state["person"].account_id,
        now=now_ms(),
        ip=request.state["client_ip"],
    )
    return see_other(request, HERE, SWITCHED[wanted])


async def _page(request: Request[State], *, problem: str = "", status: int = 200) -> Response:
    lets_in, found = await request.state["database"].read(_read, request.state["settings"])
    return render(
        request,
        "admin/invitations.html",
        status=status,
        lets_in=lets_in,
        invitations=found,
        most=MOST_SHOWN,
        problem=problem,
    )


def _read(db: Db, settings: Settings) -> tuple[bool, list[Invitation]]:
    owner = installation.owner_id(db, settings.owner_dropbox_account_id)
    return installation.lets_invited_in(db), invitations.open_anywhere(db, owner=owner, now=now_ms(), most=MOST_SHOWN)
