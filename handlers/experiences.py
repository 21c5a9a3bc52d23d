"""The Experiences tab of the project editor: the list with ids and a way to push, a new one, another name for one.

The project's own settings (name, time zone) stand at its end; handlers/projects.py takes their form.
"""

from starlette.requests import Request
from starlette.responses import Response

from handlers import seen
from handlers.api.answers import page_of
from handlers.clock import now_ms
from handlers.forms import Form, read_form
from handlers.guards import permit
from handlers.pages import render, see_other
from handlers.state import State
from rules.permissions import can_edit_project
from store import connections, experiences, timezones
from store.errors import Invalid
from store.experiences import Experience
from store.projects import ProjectSeen

EDITORS_ONLY = "Only editors of the project may change its experiences."


async def index(request: Request[State]) -> Response:
    """GET /projects/{project_id}/experiences"""
    return await tab(request, await seen.project(request))


async def create(request: Request[State]) -> Response:
    """POST /projects/{project_id}/experiences: name."""
    found = await seen.project(request)
    permit(can_edit_project, found.standing, EDITORS_ONLY)
    form = await read_form(request)
    try:
        made = await request.state["database"].write(
            experiences.create,
            found.project.id,
            name=form.values.get("name", ""),
            by=request.state["person"].account_id,
            now=now_ms(),
        )
    except Invalid as invalid:
        form.refuse(invalid.errors)
        return await tab(request, found, new=form, status=422)
    return see_other(request, f"/projects/{found.project.id}/experiences", f"{made.name} is ready for results.")


async def rename(request: Request[State]) -> Response:
    """POST /experiences/{experience_id}: name."""
    found = await seen.experience(request)
    permit(can_edit_project, found.standing, EDITORS_ONLY)
    form = await read_form(request)
    try:
        await request.state["database"].write(
            experiences.rename,
            found.experience.id,
            name=form.values.get("name", ""),
            by=request.state["person"].account_id,
            now=now_ms(),
        )
    except Invalid as invalid:
        form.refuse(invalid.errors)
        of = ProjectSeen(found.project, found.workspace, found.standing)
        return await tab(request, of, renaming=found.experience, rename=form, status=422)
    return see_other(request, f"/projects/{found.project.id}/experiences", "The experience has its new name.")


async def tab(
    request: Request[State],
    found: ProjectSeen,
    *,
    new: Form | None = None,
    settings: Form | None = None,
    renaming: Experience | None = None,
    rename: Form | None = None,
    status: int = 200,
) -> Response:
    """The whole tab. A form that was refused is handed back: of a new one, of `renaming`, or of the settings."""
    page, database = page_of(request), request.state["database"]
    rows = await database.read(
        experiences.list_of, seen.asker_of(request), found.project.id, most=page.limit + 1, before=page.cursor
    )
    items, older = page.cut(rows, lambda experience: (experience.created_at, experience.id))
    if renaming is not None and renaming.id not in [item.id for item in items]:
        items.insert(0, renaming)
    return render(
        request,
        "experiences/index.html",
        status=status,
        workspace=found.workspace,
        project=found.project,
        standing=found.standing,
        connection=await database.read(connections.of_workspace, found.workspace.id),
        items=items,
        older=older,
        later=page.cursor,
        timezones=_offered(found.project.timezone),
        new=new,
        settings=settings,
        renaming=renaming,
        rename=rename,
    )


def _offered(current: str) -> list[tuple[str, str]]:
    """The zones to choose from, and today's even if its name is an older spelling."""
    names = timezones.offered()
    return [(name, name.replace("_", " ")) for name in (names if current in names else (current, *names))]
