"""The page of recent calls: what apps asked, what they were answered, and what the sandbox complains of."""

from typing import Any

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from sandbox.rendering import page, refuse_foreign
from sandbox.trouble import person_in
from sandbox.world import World

SHOWN = 100
SHOWN_COMPLAINTS = 20


def outcome(status: int | None) -> tuple[str, str]:
    """How a call went, in a word or two, and the class that it is shown in."""
    if status is None:
        return "running", "open"
    if status == 0:
        return "no answer", "bad"
    return str(status), "good" if status < 400 else "warning" if status < 500 else "bad"


async def show(request: Request) -> Response:
    """GET /calls?person=&only=errors: the newest calls first."""
    world: World = request.app.state.world
    person = person_in(world, request.query_params.get("person"))
    failed = request.query_params.get("only") == "errors"
    email = person.email if person else None
    calls = world.history.entries(email=email, limit=SHOWN, failed=failed)
    notes = {rule.id: rule.note or rule.kind for rule in world.faults.rules()}
    complaints = world.complaints.all(email=email)
    return page(
        request,
        "calls.html",
        person=person,
        calls=[_shown(call, notes) for call in reversed(calls)],
        failed=failed,
        complaints=complaints[: -SHOWN_COMPLAINTS - 1 : -1],
        number=len(complaints),
        version=world.history.version(),
        tab="calls",
    )


def _shown(call: dict[str, Any], notes: dict[int, str]) -> dict[str, Any]:
    """A call as the page lists it."""
    word, look = outcome(call["status"])
    fault = call["fault"]
    more = len(call["paths"]) - 1
    return {
        **call,
        "word": word,
        "look": look,
        "more": f"and {more} more" if more > 0 else "",
        "milliseconds": None if call["end_ms"] is None else call["end_ms"] - call["begin_ms"],
        "trouble": None if fault is None else notes.get(fault, "a fault that has ended"),
    }


async def forget(request: Request) -> Response:
    """POST /calls/complaints/forget: the list of complaints begins anew."""
    if refused := refuse_foreign(request):
        return refused
    request.app.state.world.complaints.clear()
    return RedirectResponse("/calls", 303)


ROUTES = [Route("/calls", show), Route("/calls/complaints/forget", forget, methods=["POST"])]
