"""The first of a page's five moves: what its address names, looked up through the person. Strangers get the 404."""

from starlette.requests import Request

from handlers.state import State
from store import experiences, projects, workspaces
from store.experiences import ExperienceSeen
from store.projects import ProjectSeen
from store.standing import Asker
from store.workspaces import WorkspaceSeen


def asker_of(request: Request[State]) -> Asker:
    """The signed-in person as the store asks for them."""
    return Asker(request.state["person"].account_id)


async def workspace(request: Request[State]) -> WorkspaceSeen:
    """The workspace of `{workspace_id}`."""
    workspace_id = request.path_params["workspace_id"]
    return await request.state["database"].read(workspaces.seen_by, asker_of(request), workspace_id)


async def project(request: Request[State]) -> ProjectSeen:
    """The project of `{project_id}`."""
    project_id = request.path_params["project_id"]
    return await request.state["database"].read(projects.seen_by, asker_of(request), project_id)


async def experience(request: Request[State]) -> ExperienceSeen:
    """The experience of `{experience_id}`."""
    experience_id = request.path_params["experience_id"]
    return await request.state["database"].read(experiences.seen_by, asker_of(request), experience_id)
