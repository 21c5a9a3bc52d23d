"""The API's experiences: a project's list, a new one, another name for one, the end of one."""

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
from rules.permissions import can_edit_project
from store import experiences, projects
from store.experiences import ExperienceSeen

EDITORS_ONLY = "Only editors of the project may change its experiences."


class Experience(Answer):
    """What a guest runs through; results are pushed to one."""

    id: str = Field(examples=["Zx4pT7mWq1RkDv9s"])
    project_id: str = Field(examples=["cB2nM8yQf5LsXw0d"])
    name: str = Field(examples=["Photo Booth"])
    created_at: Moment

    @classmethod
    def of(cls, experience: experiences.Experience) -> "Experience":
        return cls(
            id=experience.id,
            project_id=experience.project_id,
            name=experience.name,
            created_at=experience.created_at,
        )


class NewExperience(Body):
    """What an experience is made from."""

    name: Name = Field(examples=["Photo Booth"])


class ExperienceChange(Body):
    """What may be changed; an absent field stays as it is."""

    # A factory, so that the schema shows no default: what is absent is left alone, not set to it.
    name: Name = Field(default_factory=str, examples=["Mirror Booth"])


async def index(request: Request[State]) -> Response:
    """GET /projects/{project_id}/experiences"""
    page = page_of(request)
    found = await request.state["database"].read(
        experiences.list_of,
        request.state["asker"],
        request.path_params["project_id"],
        most=page.limit + 1,
        before=page.cursor,
    )
    items, following = page.cut(found, lambda experience: (experience.created_at, experience.id))
    return listing([Experience.of(experience) for experience in items], following)


async def create(request: Request[State]) -> Response:
    """POST /projects/{project_id}/experiences"""
    database, asker = request.state["database"], request.state["asker"]
    seen = await database.read(projects.seen_by, asker, request.path_params["project_id"])
    permit(can_edit_project, seen.standing, EDITORS_ONLY)
    body = await read_json(request, NewExperience)
    made = await database.write(
        experiences.create, seen.project.id, name=body.name, by=asker.account_id, now=now_ms(), way="api"
    )
    return answer(Experience.of(made), 201)


async def change(request: Request[State]) -> Response:
    """PATCH /experiences/{experience_id}"""
    seen = await _seen(request)
    permit(can_edit_project, seen.standing, EDITORS_ONLY)
    given = (await read_json(request, ExperienceChange)).model_dump(exclude_unset=True)
    changed = seen.experience
    if given:
        changed = await request.state["database"].write(
            experiences.rename,
            seen.experience.id,
            **given,
            by=request.state["asker"].account_id,
            now=now_ms(),
            way="api",
        )
    return answer(Experience.of(changed))


async def delete(request: Request[State]) -> Response:
    """DELETE /experiences/{experience_id}: what waits is skipped, uploads are cut, files in Dropbox stay."""
    seen = await _seen(request)
    permit(can_edit_project, seen.standing, EDITORS_ONLY)
    await stops.delete_experience(request.state, seen.experience.id, by=request.state["asker"].account_id, way="api")
    return Response(status_code=204)


async def _seen(request: Request[State]) -> ExperienceSeen:
    return await request.state["database"].read(
        experiences.seen_by, request.state["asker"], request.path_params["experience_id"]
    )
