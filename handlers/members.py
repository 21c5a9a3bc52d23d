"""The people of a workspace: who belongs to it in which role, who is invited, changing a role, and taking somebody out.

Invitations are sent and taken up in invitations.py; who belongs to a project is project_members.py's page.
"""

from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from handlers import seen
from handlers.clock import now_ms
from handlers.forms import Form, read_form
from handlers.guards import permit
from handlers.pages import render, see_other
from handlers.state import State
from rules.permissions import can_invite, can_set_role
from rules.states import WorkspaceRole
from settings import Settings
from store import installation, invitations, members, projects, roles
from store.connect import Db
from store.errors import NotFound, NotPermitted
from store.invitations import Invitation
from store.members import Member
from store.projects import Project
from store.standing import Asker
from store.workspaces import WorkspaceSeen

MOST_SHOWN = 200
PROJECTS_OFFERED = 40
RUNNERS_ONLY = "Only owners and admins of the workspace may change who belongs to it."


@dataclass(frozen=True)
class People:
    """Everything that the page shows. Invitations and projects are those of somebody who may invite, else empty."""

    members: list[Member]
    invitations: list[Invitation]
    projects: list[Project]
    search: str

    @property
    def all_shown(self) -> bool:
        return len(self.members) < MOST_SHOWN


async def index(request: Request[State]) -> Response:
    """GET /workspaces/{workspace_id}/members?q="""
    return await people_page(request, await seen.workspace(request))


async def change_role(request: Request[State]) -> Response:
    """POST /workspaces/{workspace_id}/members/{account}: role."""
    found = await seen.workspace(request)
    permit(can_invite, found.standing, RUNNERS_ONLY)
    form = await read_form(request)
    role = form.choice("role", WorkspaceRole, sentence="Choose one of the roles.")
    if form.errors:
        return await people_page(request, found, problem=form.errors["role"], status=422)
    await request.state["database"].write(
        roles.change,
        found.workspace.id,
        request.path_params["account"],
        WorkspaceRole(role),
        by=request.state["person"].account_id,
        now=now_ms(),
        ip=request.state["client_ip"],
    )
    return see_other(request, members_of(found.workspace.id), "The role is changed.")


async def ask_remove(request: Request[State]) -> Response:
    """GET /workspaces/{workspace_id}/members/{account}/remove: what it means, and the button."""
    found, member = await _somebody_below(request)
    return render(request, "members/remove.html", workspace=found.workspace, standing=found.standing, member=member)


async def remove(request: Request[State]) -> Response:
    """POST /workspaces/{workspace_id}/members/{account}/remove"""
    found, member = await _somebody_below(request)
    await request.state["database"].write(
        roles.remove,
        found.workspace.id,
        member.account_id,
        by=request.state["person"].account_id,
        now=now_ms(),
        ip=request.state["client_ip"],
    )
    return see_other(
        request, members_of(found.workspace.id), f"{member.display_name or member.email} is no longer a member."
    )


async def people_page(
    request: Request[State],
    found: WorkspaceSeen,
    *,
    invite: Form | None = None,
    problem: str = "",
    status: int = 200,
) -> Response:
    """The page. `invite` is a refused form of a new invitation, `problem` what was wrong with another form."""
    people = await request.state["database"].read(
        _people,
        found,
        seen.asker_of(request),
        request.state["settings"],
        search=request.query_params.get("q", "")[:100].strip() if request.method in ("GET", "HEAD") else "",
        now=now_ms(),
    )
    return render(
        request,
        "members/index.html",
        status=status,
        workspace=found.workspace,
        standing=found.standing,
        people=people,
        invite=invite,
        problem=problem,
    )


def members_of(workspace_id: str) -> str:
    """The path of a workspace's people."""
    return f"/workspaces/{workspace_id}/members"


async def _somebody_below(request: Request[State]) -> tuple[WorkspaceSeen, Member]:
    """The workspace and the member that the address names, for somebody who may take them out."""
    found = await seen.workspace(request)
    permit(can_invite, found.standing, RUNNERS_ONLY)
    everybody = await request.state["database"].read(members.of_workspace, found.workspace.id)
    member = next((each for each in everybody if each.account_id == request.path_params["account"]), None)
    if member is None:
        raise NotFound
    if not can_set_role(found.standing, member.role, None):
        raise NotPermitted(roles.BELOW_ONLY)
    return found, member


def _people(db: Db, found: WorkspaceSeen, asker: Asker, settings: Settings, *, search: str, now: int) -> People:
    shown = members.of_workspace(db, found.workspace.id, search=search, most=MOST_SHOWN)
    if not can_invite(found.standing):
        return People(shown, [], [], search)
    owner = installation.owner_id(db, settings.owner_dropbox_account_id)
    return People(
        shown,
        invitations.open_in(db, found.workspace.id, owner=owner, now=now),
        projects.list_of(db, asker, found.workspace.id, most=PROJECTS_OFFERED),
        search,
    )
