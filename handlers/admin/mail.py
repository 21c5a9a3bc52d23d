"""Admin → Mail: every mail that was sent, waits to be sent, or is kept because none can be sent."""

from starlette.requests import Request
from starlette.responses import Response

from handlers.api.answers import page_of
from handlers.pages import render
from handlers.state import State
from store import mails


async def index(request: Request[State]) -> Response:
    """GET /admin/mail: cursor."""
    settings, page = request.state["settings"], page_of(request)
    found = await request.state["database"].read(
        mails.listed, settings.keyring, limit=page.limit + 1, before=page.cursor
    )
    items, older = page.cut(found, lambda each: (each.created_at, each.id))
    return render(
        request,
        "admin/mail.html",
        mails=items,
        mails_are_sent=settings.mails_are_sent,
        older=f"/admin/mail?cursor={older}" if older else "",
        newest="/admin/mail" if page.cursor else "",
    )
