"""The Integrations page of a workspace: how its Dropbox stands, for every member; what to do about it, for some.

The page that asks before disconnecting is the one to which signing in again leads back.
"""

from starlette.requests import Request
from starlette.responses import Response

from handlers import connection_view, seen
from handlers.connection import ADMINS_ONLY, SCOPE_WORDS, disconnect_page, integrations_of
from handlers.guards import permit, recently
from handlers.pages import render, see_other
from handlers.state import State
from rules.links import safe_next
from rules.permissions import can_connect


async def index(request: Request[State]) -> Response:
    """GET /workspaces/{workspace_id}/integrations"""
    found = await seen.workspace(request)
    view = await request.state["database"].read(connection_view.of_workspace, found.workspace.id)
    return render(
        request,
        "connection/index.html",
        signs_in=True,
        workspace=found.workspace,
        standing=found.standing,
        view=view,
        scope_words=SCOPE_WORDS,
        folder=request.state["settings"].dropbox_app_folder,
    )


async def ask_disconnect(request: Request[State]) -> Response:
    """GET /workspaces/{workspace_id}/dropbox/disconnect?next=: what ends, and the button."""
    found = await seen.workspace(request)
    permit(can_connect, found.standing, ADMINS_ONLY)
    back = safe_next(request.query_params.get("next"))
    recently(request, disconnect_page(found.workspace.id, back))
    view = await request.state["database"].read(connection_view.of_workspace, found.workspace.id)
    if not view.linked:
        return see_other(request, back or integrations_of(found.workspace.id), "No Dropbox is connected.", kind="info")
    return render(
        request,
        "connection/disconnect.html",
        workspace=found.workspace,
        standing=found.standing,
        view=view,
        next_path=back or "",
        back=back or integrations_of(found.workspace.id),
    )
