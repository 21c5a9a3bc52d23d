"""Deleting one's account: the page that says what it means and has the address typed, and the deletion itself."""

from contextlib import AsyncExitStack

from starlette.requests import Request
from starlette.responses import Response

from handlers.clock import now_ms
from handlers.forms import Form, read_form
from handlers.guards import DEVICE_COOKIE, recently
from handlers.pages import forget_cookie, render, see_other
from handlers.state import State
from handlers.stops import KEPT_WAITING_S, clock, sweep
from rules.account_deletion import Fate
from rules.approval import email_key
from settings import Settings
from store import account_deletion, connections, installation
from store.account_deletion import Prospect
from store.connect import Db

HERE = "/account/delete"


async def ask(request: Request[State]) -> Response:
    """GET /account/delete"""
    recently(request, HERE)
    return await _page(request, None)


async def delete(request: Request[State]) -> Response:
    """POST /account/delete: email, as the account has it."""
    recently(request, HERE)
    person = request.state["person"]
    form = await read_form(request)
    if email_key(form.values.get("email", "")) != email_key(person.email):
        form.refuse({"email": f"Type {person.email}, the address of your account."})
        return await _page(request, form, status=422)
    await _delete(request.state, person.account_id, ip=request.state["client_ip"])
    response = see_other(request, "/", "Your account is deleted.")
    forget_cookie(response, DEVICE_COOKIE)
    return response


async def _delete(state: State, account_id: str, *, ip: str) -> None:
    """Raises Conflict. When it returns, no upload of what went with the account is under way."""
    began, settings = clock(), state["settings"]
    going = await state["database"].read(_connections_that_go, settings, account_id)
    async with AsyncExitStack() as doors:
        stops = {
            workspace_id: await doors.enter_async_context(state["gate"].stopping(connection_id=connection_id))
            for workspace_id, connection_id in going.items()
        }
        ended = await state["database"].write(_write, settings, account_id, ip=ip)
        for workspace_id, stop in stops.items():
            stop.epoch = ended.get(workspace_id)
    await sweep(state, until=began + KEPT_WAITING_S)


async def _page(request: Request[State], form: Form | None, *, status: int = 200) -> Response:
    outlook = await request.state["database"].read(
        _prospect, request.state["settings"], request.state["person"].account_id
    )
    return render(
        request,
        "account/delete.html",
        status=status,
        outlook=outlook,
        blocking=outlook.fated(Fate.BLOCKS),
        going=outlook.fated(Fate.GOES),
        staying=outlook.fated(Fate.STAYS),
        form=form,
    )


def _prospect(db: Db, settings: Settings, account_id: str) -> Prospect:
    owner = installation.owner_id(db, settings.owner_dropbox_account_id)
    return account_deletion.prospect(db, account_id, owner=owner, now=now_ms())


def _connections_that_go(db: Db, settings: Settings, account_id: str) -> dict[str, str]:
    """Ids of the connections that end, by workspace id."""
    found = {
        place.workspace_id: connections.of_workspace(db, place.workspace_id)
        for place in _prospect(db, settings, account_id).fated(Fate.GOES)
    }
    return {workspace_id: connection.id for workspace_id, connection in found.items() if connection}


def _write(db: Db, settings: Settings, account_id: str, *, ip: str) -> dict[str, int | None]:
    owner = installation.owner_id(db, settings.owner_dropbox_account_id)
    return account_deletion.delete(db, account_id, owner=owner, keyring=settings.keyring, now=now_ms(), ip=ip)
