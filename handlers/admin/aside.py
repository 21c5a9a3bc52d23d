"""Admin → Set aside: requests that nobody was told of, and letting one through after all."""

from starlette.requests import Request
from starlette.responses import Response

from handlers.api.answers import page_of
from handlers.clock import now_ms
from handlers.pages import render, see_other
from handlers.state import State
from settings import Settings
from store import access_requests, installation, set_aside
from store.connect import Db
from store.mails import Letterbox
from store.set_aside import MOST_KEPT, SetAside


async def index(request: Request[State]) -> Response:
    """GET /admin/set-aside: cursor."""
    page = page_of(request)
    found = await request.state["database"].read(set_aside.listed, limit=page.limit + 1, before=page.cursor)
    items, older = page.cut(found, lambda each: (each.at, each.id))
    return render(
        request,
        "admin/set_aside.html",
        items=items,
        most=MOST_KEPT,
        older=f"/admin/set-aside?cursor={older}" if older else "",
        newest="/admin/set-aside" if page.cursor else "",
    )


async def let_through(request: Request[State]) -> Response:
    """POST /admin/set-aside/{id}/let-through: as if it had just been sent, by a person."""
    taken = await request.state["database"].write(
        _let_through, request.state["settings"], request.path_params["id"], now=now_ms()
    )
    return see_other(request, "/admin/set-aside", f"The request of {taken.email} was let through.")


def _let_through(db: Db, settings: Settings, set_aside_id: str, *, now: int) -> SetAside:
    taken = set_aside.take(db, set_aside_id)
    access_requests.ask(
        db,
        email=taken.email,
        name=taken.name,
        message=taken.message,
        owner_address=installation.owner_address(db, settings.owner_dropbox_account_id, settings.owner_email),
        letterbox=Letterbox.of(settings),
        ip=taken.ip,
        now=now,
    )
    return taken
