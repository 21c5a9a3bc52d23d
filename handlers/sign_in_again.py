"""Signing in once more before an act that a forgotten browser must not do (SE-08). API tokens never come this way."""

from starlette.requests import Request
from starlette.responses import Response

from handlers.clock import now_ms
from handlers.pages import render, see_other
from handlers.state import State
from rules.links import safe_next
from store import devices


async def page(request: Request[State]) -> Response:
    """GET /account/sign-in-again?next=: why, and the way through Dropbox that leads back to the act."""
    next_path = safe_next(request.query_params.get("next")) or "/account"
    person = request.state["person"]
    if devices.is_recent(person, now=now_ms()):
        return see_other(request, next_path)
    return render(request, "login/again.html", signs_in=True, next_path=next_path, minutes=devices.RECENT_MS // 60_000)
