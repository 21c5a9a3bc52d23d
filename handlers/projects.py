"""Pages of projects: a workspace's list, a new one, and one's name and time zone. The editor opens on experiences."""

from starlette.requests import Request
from starlette.responses import Response

from handlers import experiences as editor
from handlers import seen
from handlers.api.answers import page_of
from handlers.clock import now_ms
from handlers.forms import Form, read_form
from handlers.guards import permit
from handlers.pages import render, see_other
from handlers.state import State
from rules.permissions import can_create_projects, can_edit_project
from rules.states import WorkspaceRole
from store import members, projects
from store.errors import Invalid
from store.workspaces import WorkspaceSeen


async def index(request: Request[State]) -> Response:
    """GET /workspaces/{workspace_id}/projects"""
    return await _index_page(request, await seen.workspace(request), None)


async def create(request: Request[State]) -> Response:
    """POST /workspaces/{workspace_id}/projects: name."""
    found = await seen.workspace(request)
    permit(can_create_projects, found.standing, "Only an owner or admin of the workspace may make projects in it.")
    form = await read_form(request)
    try:
        made = await request.state["database"].write(
            projects.create,
            found.workspace.id,
            name=form.values.get("name", ""),
            by=request.state["person"].account_id,
            now=now_ms(),
        )
    except Invalid as invalid:
        form.refuse(invalid.errors)
        return await _index_page(request, found, form, status=422)
    return see_other(request, f"/projects/{made.id}/experiences", f"{made.name} is ready. Now make an experience.")


async def show(request: Request[State]) -> Response:
    """GET /projects/{project_id}: its first tab."""
    found = await seen.project(request)
    return see_other(request, f"/projects/{found.project.id}/experiences")


async def change(request: Request[State]) -> Response:
    """POST /projects/{project_id}: name, timezone; an absent one stays as it is."""
    found = await seen.project(request)
    permit(can_edit_project, found.standing, "Only editors of the project may change it.")
    form = await read_form(request)
    try:
        await request.state["database"].write(
            projects.change,
            found.project.id,
            name=form.values.get("name"),
            timezone=form.values.get("timezone"),
            by=request.state["person"].account_id,
            now=now_ms(),
        )
    except Invalid as invalid:
        form.refuse(invalid.errors)
        return await editor.tab(request, found, settings=form, status=422)
    return see_other(request, f"/projects/{found.project.id}/experiences", "Project settings saved.")


async def _index_page(
    request: Request[State], found: WorkspaceSeen, form: Form | None, *, status: int = 200
) -> Response:
    page, database = page_of(request), request.state["database"]
    rows = await database.read(
        projects.list_of, seen.asker_of(request), found.workspace.id, most=page.limit + 1, before=page.cursor
    )
    items, older = page.cut(rows, lambda project: (project.created_at, project.id))
    lonely = not items and not can_create_projects(found.standing)
    people = await database.read(members.of_workspace, found.workspace.id) if lonely else []
    return render(
        request,
        "projects/index.html",
        status=status,
        workspace=found.workspace,
        standing=found.standing,
        items=items,
        older=older,
        later=page.cursor,
        runners=[person for person in people if person.role in (WorkspaceRole.OWNER, WorkspaceRole.ADMIN)],
        form=form,
    )
