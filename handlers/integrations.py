"""The Integrations page of a workspace: how its Dropbox stands, for every member; what to do about it, for some."""

from starlette.requests import Request
from starlette.responses import Response

from handlers import connection_view, seen
from handlers.connection import SCOPE_WORDS
from handlers.pages import render
from handlers.state import State


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
