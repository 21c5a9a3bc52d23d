"""Pages of workspaces: one's own, a new one, one with its projects and the state of its Dropbox, another name."""

from starlette.requests import Request
from starlette.responses import Response

from handlers import seen
from handlers.api.answers import page_of
from handlers.clock import now_ms
from handlers.forms import Form, read_form
from handlers.guards import permit
from handlers.pages import render, see_other
from handlers.state import State
from rules.permissions import can_rename_workspace
from store import connections, projects, workspaces
from store.errors import Invalid
from store.workspaces import WorkspaceSeen

PROJECTS_SHOWN = 5


async def index(request: Request[State]) -> Response:
    """GET /workspaces"""
    return await _index_page(request, None)


async def create(request: Request[State]) -> Response:
    """POST /workspaces: name. Whoever is signed in may make one, and owns it."""
    form = await read_form(request)
    try:
        made = await request.state["database"].write(
            workspaces.create,
            name=form.values.get("name", ""),
            by=request.state["person"].account_id,
            now=now_ms(),
        )
    except Invalid as invalid:
        form.refuse(invalid.errors)
        return await _index_page(request, form, status=422)
    return see_other(request, f"/workspaces/{made.id}", f"{made.name} is ready.")


async def show(request: Request[State]) -> Response:
    """GET /workspaces/{workspace_id}"""
    return await _show_page(request, await seen.workspace(request), None)


async def rename(request: Request[State]) -> Response:
    """POST /workspaces/{workspace_id}: name."""
    found = await seen.workspace(request)
    permit(can_rename_workspace, found.standing, "Only an owner or admin of the workspace may rename it.")
    form = await read_form(request)
    try:
        await request.state["database"].write(
            workspaces.rename,
            found.workspace.id,
            name=form.values.get("name", ""),
            by=request.state["person"].account_id,
            now=now_ms(),
        )
    except Invalid as invalid:
        form.refuse(invalid.errors)
        return await _show_page(request, found, form, status=422)
    return see_other(request, f"/workspaces/{found.workspace.id}", "The workspace has its new name.")


async def _index_page(request: Request[State], form: Form | None, *, status: int = 200) -> Response:
    page = page_of(request)
    found = await request.state["database"].read(
        workspaces.list_of,
        seen.asker_of(request),
        most=page.limit + 1,
        before=page.cursor,
    )
    items, older = page.cut(found, lambda each: (each.workspace.created_at, each.workspace.id))
    return render(
        request, "workspaces/index.html", status=status, items=items, older=older, later=page.cursor, form=form
    )


async def _show_page(
    request: Request[State], found: WorkspaceSeen, form: Form | None, *, status: int = 200
) -> Response:
    database = request.state["database"]
    newest = await database.read(projects.list_of, seen.asker_of(request), found.workspace.id, most=PROJECTS_SHOWN + 1)
    return render(
        request,
        "workspaces/show.html",
        status=status,
        workspace=found.workspace,
        standing=found.standing,
        projects=newest[:PROJECTS_SHOWN],
        more_projects=len(newest) > PROJECTS_SHOWN,
        connection=await database.read(connections.of_workspace, found.workspace.id),
        form=form,
    )
