"""Connecting a workspace's Dropbox: the way to Dropbox and back, and the question whether it may be another account.

What the connection looks like is on integrations.py's page and on the Connect tab; both begin here.
"""

from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response

from clients.dropbox_oauth import CONNECT_SCOPES, DropboxAccount, Grant
from handlers import login, seen, stops
from handlers.clock import now_ms
from handlers.forms import read_form
from handlers.guards import permit, recently
from handlers.pages import render, see_other
from handlers.state import State
from rules.links import safe_next
from rules.permissions import can_connect
from store import connecting, connections, oauth_states, workspaces
from store.connect import Db
from store.connecting import Brought, Outcome
from store.errors import NotPermitted
from store.oauth_states import OAuthState
from store.workspaces import WorkspaceSeen

ADMINS_ONLY = "Only an owner or admin of the workspace may connect or disconnect its Dropbox."
NO_LONGER = (
    "Dropbox was not connected: you are no longer an owner or admin of this workspace. "
    "What you allowed at Dropbox is being taken back."
)
NOTHING_WAITS = "No Dropbox account waits for your answer any more. Nothing has changed; begin again if you like."
KEPT = "Dropbox stays as it was. What you allowed for the other account is being taken back."

SCOPE_WORDS = {
    "files.content.write": "add and replace files",
    "files.metadata.read": "see the names of files and folders",
    "account_info.read": "see the account's name and e-mail address",
}


async def connect(request: Request[State]) -> Response:
    """POST /workspaces/{workspace_id}/dropbox/connect: next, other (1: choose another account): 303 to Dropbox."""
    found = await _found(request)
    request.state["limits"].check("sign-in", request.state["client_ip"])
    form = await read_form(request)
    return await login.begin(
        request,
        purpose=oauth_states.CONNECT,
        scopes=CONNECT_SCOPES,
        next_path=safe_next(form.values.get("next")) or integrations_of(found.workspace.id),
        workspace_id=found.workspace.id,
        other_account=form.values.get("other") == "1",
    )


async def finish_connect(request: Request[State], trip: OAuthState, grant: Grant, account: DropboxAccount) -> Response:
    """The end of the trip, called by callback.py, which has made sure that the person who began it is signed in."""
    person, workspace_id = request.state["person"], trip.workspace_id
    assert workspace_id is not None and trip.account_id == person.account_id
    outcome: Outcome = await request.state["database"].write(
        connecting.complete,
        Brought(
            trip_id=trip.id,
            by=person.account_id,
            workspace_id=workspace_id,
            dropbox_account_id=account.account_id,
            account_email=account.email,
            account_display_name=account.display_name,
            scopes=grant.scopes,
            ip=request.state["client_ip"],
            refresh_token=grant.refresh_token,
        ),
        needed=CONNECT_SCOPES,
        keyring=request.state["settings"].keyring,
        now=now_ms(),
    )
    match outcome:
        case Outcome.SAVED:
            return see_other(request, trip.next, f"Dropbox is connected: {account.email}.")
        case Outcome.TO_CONFIRM:
            return see_other(request, f"/workspaces/{workspace_id}/dropbox/confirm")
        case Outcome.TOO_LITTLE:
            return see_other(request, trip.next, _too_little(grant), kind="warn")
    # The stranger's 404 comes first, as everywhere.
    await request.state["database"].read(workspaces.seen_by, seen.asker_of(request), workspace_id)
    raise NotPermitted(NO_LONGER)


async def ask(request: Request[State]) -> Response:
    """GET /workspaces/{workspace_id}/dropbox/confirm: may it be another Dropbox account than before?"""
    found = await _found(request)
    held = await request.state["database"].read(
        connecting.awaiting,
        by=request.state["person"].account_id,
        workspace_id=found.workspace.id,
        keyring=request.state["settings"].keyring,
        now=now_ms(),
    )
    if held is None:
        return see_other(request, integrations_of(found.workspace.id), NOTHING_WAITS, kind="info")
    connection, waiting = await request.state["database"].read(_before, found.workspace.id)
    return render(
        request,
        "connection/confirm.html",
        workspace=found.workspace,
        standing=found.standing,
        connection=connection,
        waiting=waiting,
        held=held,
    )


async def confirm(request: Request[State]) -> Response:
    """POST /workspaces/{workspace_id}/dropbox/confirm: yes, it may."""
    found = await _found(request)
    confirmed = await stops.move(
        request.state, found.workspace.id, by=request.state["person"].account_id, ip=request.state["client_ip"]
    )
    if confirmed is None:
        return see_other(request, integrations_of(found.workspace.id), NOTHING_WAITS, kind="info")
    connection, held = confirmed
    return see_other(request, held.next, f"Dropbox is connected: {connection.account_email}.")


async def cancel(request: Request[State]) -> Response:
    """POST /workspaces/{workspace_id}/dropbox/confirm/cancel: no, it stays as it was."""
    found = await _found(request)
    held = await request.state["database"].write(
        connecting.cancel,
        by=request.state["person"].account_id,
        workspace_id=found.workspace.id,
        keyring=request.state["settings"].keyring,
        now=now_ms(),
    )
    if held is None:
        return see_other(request, integrations_of(found.workspace.id), NOTHING_WAITS, kind="info")
    return see_other(request, held.next, KEPT, kind="info")


async def disconnect(request: Request[State]) -> Response:
    """POST /workspaces/{workspace_id}/dropbox/disconnect: next. The page before it has asked."""
    found = await _found(request)
    form = await read_form(request)
    next_path = safe_next(form.values.get("next"))
    recently(request, disconnect_page(found.workspace.id, next_path))
    ended = await stops.disconnect(
        request.state, found.workspace.id, by=request.state["person"].account_id, ip=request.state["client_ip"]
    )
    back = next_path or integrations_of(found.workspace.id)
    told = "Dropbox is disconnected. Files that are there stay." if ended else "No Dropbox was connected."
    return see_other(request, back, told, kind="ok" if ended else "info")


def integrations_of(workspace_id: str) -> str:
    """The path of a workspace's Integrations page, where connecting leads back to unless it began elsewhere."""
    return f"/workspaces/{workspace_id}/integrations"


def disconnect_page(workspace_id: str, next_path: str | None) -> str:
    """The path of the page that asks before disconnecting, with where it leads afterwards."""
    page = f"/workspaces/{workspace_id}/dropbox/disconnect"
    return f"{page}?next={quote(next_path, safe='/')}" if next_path else page


async def _found(request: Request[State]) -> WorkspaceSeen:
    """The workspace, for somebody who may connect it."""
    found = await seen.workspace(request)
    permit(can_connect, found.standing, ADMINS_ONLY)
    return found


def _before(db: Db, workspace_id: str) -> tuple[connections.Connection | None, int]:
    connection = connections.of_workspace(db, workspace_id)
    return connection, connections.waiting(db, connection.id) if connection else 0


def _too_little(grant: Grant) -> str:
    lacking = [scope for scope in CONNECT_SCOPES if scope not in grant.scopes]
    words = " and ".join(f"to {SCOPE_WORDS[scope]} ({scope})" for scope in lacking)
    return f"Dropbox was not connected, because it did not grant the right {words}. Nothing has changed."
