"""The API's projects: a workspace's list, a new one, one to read, change and delete."""

from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response

from handlers import stops
from handlers.api.answers import answer, listing, page_of
from handlers.api.models import Answer, Body, Moment, read_json
from handlers.api.names import Name
from handlers.clock import now_ms
from handlers.guards import permit
from handlers.state import State
from rules.permissions import can_create_projects, can_delete_project, can_edit_project
from store import projects, workspaces
from store.projects import ProjectSeen
from store.timezones import UTC


class Project(Answer):
    """A project. `timezone` is an IANA name: dates and times in file names are on its clocks."""

    id: str = Field(examples=["cB2nM8yQf5LsXw0d"])
    workspace_id: str = Field(examples=["hq3rV0xT1bJ9wKzE"])
    name: str = Field(examples=["Summer Gala"])
    timezone: str = Field(examples=["Europe/Paris"])
    created_at: Moment

    @classmethod
    def of(cls, project: projects.Project) -> "Project":
        return cls(
            id=project.id,
            workspace_id=project.workspace_id,
            name=project.name,
            timezone=project.timezone,
            created_at=project.created_at,
        )


class NewProject(Body):
    """What a project is made from."""

    name: Name = Field(examples=["Summer Gala"])
    timezone: str = Field(UTC, examples=["Europe/Paris"])


class ProjectChange(Body):
    """What may be changed; an absent field stays as it is."""

    # Factories, so that the schema shows no default: what is absent is left alone, not set to it.
    name: Name = Field(default_factory=str, examples=["Winter Gala"])
    timezone: str = Field(default_factory=str, examples=["Asia/Tokyo"])


async def index(request: Request[State]) -> Response:
    """GET /workspaces/{workspace_id}/projects: those that the caller may see."""
    page = page_of(request)
    found = await request.state["database"].read(
        projects.list_of,
        request.state["asker"],
        request.path_params["workspace_id"],
        most=page.limit + 1,
        before=page.cursor,
    )
    items, following = page.cut(found, lambda project: (project.created_at, project.id))
    return listing([Project.of(project) for project in items], following)


async def create(request: Request[State]) -> Response:
    """POST /workspaces/{workspace_id}/projects"""
    database, asker = request.state["database"], request.state["asker"]
    seen = await database.read(workspaces.seen_by, asker, request.path_params["workspace_id"])
    permit(can_create_projects, seen.standing, "Only an owner or admin of the workspace may make projects in it.")
    body = await read_json(request, NewProject)
    made = await database.write(
        projects.create,
        seen.workspace.id,
        name=body.name,
        timezone=body.timezone,
        by=asker.account_id,
        now=now_ms(),
        way="api",
    )
    return answer(Project.of(made), 201)


async def show(request: Request[State]) -> Response:
    """GET /projects/{project_id}"""
    return answer(Project.of((await _seen(request)).project))


async def change(request: Request[State]) -> Response:
    """PATCH /projects/{project_id}"""
    seen = await _seen(request)
    permit(can_edit_project, seen.standing, "Only editors of the project may change it.")
    body = await read_json(request, ProjectChange)
    given = body.model_dump(exclude_unset=True)
    changed = await request.state["database"].write(
        projects.change, seen.project.id, **given, by=request.state["asker"].account_id, now=now_ms(), way="api"
    )
    return answer(Project.of(changed))


async def delete(request: Request[State]) -> Response:
    """DELETE /projects/{project_id}: what waits is skipped, uploads are cut, files in Dropbox stay."""
    seen = await _seen(request)
    permit(can_delete_project, seen.standing, "Only an owner or admin of the workspace may delete its projects.")
    await stops.delete_project(request.state, seen.project.id, by=request.state["asker"].account_id, way="api")
    return Response(status_code=204)


async def _seen(request: Request[State]) -> ProjectSeen:
    return await request.state["database"].read(
        projects.seen_by, request.state["asker"], request.path_params["project_id"]
    )
