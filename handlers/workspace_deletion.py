"""Deleting a workspace: the page that says what it means and has its name typed, and the deletion itself."""

from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from handlers import seen, stops
from handlers.forms import Form, read_form
from handlers.guards import permit, recently
from handlers.pages import render, see_other
from handlers.state import State
from rules.characters import strip_invisible
from rules.permissions import can_manage_workspace
from store import connections, members, projects
from store.connect import Db
from store.connections import Connection
from store.standing import Asker
from store.workspaces import WorkspaceSeen


@dataclass(frozen=True)
class AtStake:
    """What ends with the workspace: counts of its projects, its other members, and the exports that wait.

    `connection` is None where there is no link to end.
    """

    projects: int
    others: int
    connection: Connection | None
    waiting: int


async def ask(request: Request[State]) -> Response:
    """GET /workspaces/{workspace_id}/delete"""
    return await _page(request, await _deletable(request), None)


async def delete(request: Request[State]) -> Response:
    """POST /workspaces/{workspace_id}/delete: name, as the workspace has it."""
    found = await _deletable(request)
    form = await read_form(request)
    if strip_invisible(form.values.get("name", "")) != found.workspace.name:
        form.refuse({"name": f"Type {found.workspace.name}, exactly as it stands here."})
        return await _page(request, found, form, status=422)
    await stops.delete_workspace(
        request.state, found.workspace.id, by=request.state["person"].account_id, ip=request.state["client_ip"]
    )
    return see_other(request, "/workspaces", f"{found.workspace.name} is deleted. Files in Dropbox stay.")


async def _deletable(request: Request[State]) -> WorkspaceSeen:
    """The workspace, for an owner who has signed in just now."""
    found = await seen.workspace(request)
    permit(can_manage_workspace, found.standing, "Only an owner may delete the workspace.")
    recently(request, f"/workspaces/{found.workspace.id}/delete")
    return found


async def _page(request: Request[State], found: WorkspaceSeen, form: Form | None, *, status: int = 200) -> Response:
    at_stake = await request.state["database"].read(_at_stake, found.workspace.id, seen.asker_of(request))
    return render(
        request,
        "workspaces/delete.html",
        status=status,
        workspace=found.workspace,
        standing=found.standing,
        at_stake=at_stake,
        form=form,
    )


def _at_stake(db: Db, workspace_id: str, asker: Asker) -> AtStake:
    connection = connections.of_workspace(db, workspace_id)
    return AtStake(
        projects=len(projects.list_of(db, asker, workspace_id, most=-1)),
        others=len(members.of_workspace(db, workspace_id)) - 1,
        connection=connection if connection and connection.linked else None,
        waiting=connections.waiting(db, connection.id) if connection else 0,
    )
