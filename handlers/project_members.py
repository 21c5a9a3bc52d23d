"""The people of a project: who edits and who sees it, and, for those who run the workspace, changing that."""

from starlette.requests import Request
from starlette.responses import Response

from handlers import seen
from handlers.clock import now_ms
from handlers.forms import read_form
from handlers.guards import permit
from handlers.pages import render, see_other
from handlers.state import State
from rules.permissions import can_invite, can_see_project_settings
from rules.states import ProjectRole
from store import connections, member_lists, roles
from store.projects import ProjectSeen

MOST_SHOWN = 200
NONE = "none"
RUNNERS_ONLY = "Only owners and admins of the workspace may change who is in its projects."


async def index(request: Request[State]) -> Response:
    """GET /projects/{project_id}/members?q="""
    found = await seen.project(request)
    permit(can_see_project_settings, found.standing, "Only members of the project see who is in it.")
    return await _page(request, found)


async def change_role(request: Request[State]) -> Response:
    """POST /projects/{project_id}/members/{account}: role: editor, viewer or none."""
    found = await seen.project(request)
    permit(can_invite, found.standing, RUNNERS_ONLY)
    form = await read_form(request)
    role = form.choice("role", (*ProjectRole, NONE), sentence="Choose one of the roles.")
    if form.errors:
        return await _page(request, found, problem=form.errors["role"], status=422)
    await request.state["database"].write(
        roles.change_in_project,
        found.workspace.id,
        found.project.id,
        request.path_params["account"],
        None if role == NONE else ProjectRole(role),
        by=request.state["person"].account_id,
        now=now_ms(),
        ip=request.state["client_ip"],
    )
    return see_other(request, f"/projects/{found.project.id}/members", "The role is changed.")


async def _page(request: Request[State], found: ProjectSeen, *, problem: str = "", status: int = 200) -> Response:
    database = request.state["database"]
    search = request.query_params.get("q", "")[:100].strip()
    people = await database.read(
        member_lists.beside_project, found.workspace.id, found.project.id, search=search, most=MOST_SHOWN
    )
    return render(
        request,
        "members/project.html",
        status=status,
        workspace=found.workspace,
        project=found.project,
        standing=found.standing,
        connection=await database.read(connections.of_workspace, found.workspace.id),
        # Who may not add people has no use for those who are not in it.
        people=[each for each in people if can_invite(found.standing) or each.sees_it],
        search=search,
        all_shown=len(people) < MOST_SHOWN,
        problem=problem,
    )
