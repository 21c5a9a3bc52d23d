"""The Connect tab of the project editor: where its results go, whether they do, and what stands in their way."""

from starlette.requests import Request
from starlette.responses import Response

from handlers import connection_view, seen, stops
from handlers.clock import now_ms
from handlers.connection_view import ProjectView
from handlers.forms import read_form
from handlers.guards import permit
from handlers.pages import render, see_other
from handlers.state import State
from rules.permissions import can_edit_project
from store import earlier_exports, verifications
from store.connect import Db
from store.earlier_exports import Earlier, Offer
from store.errors import Conflict
from store.projects import ProjectSeen
from store.verifications import Verification

EDITORS_ONLY = "Only editors of the project may switch its export on or off."
SWITCHED = {
    "on": "Export to Dropbox is on. New results go there by themselves.",
    "off": "Export to Dropbox is off. New results stay here.",
}


async def show(request: Request[State]) -> Response:
    """GET /projects/{project_id}/connect"""
    return await tab(request, await seen.project(request))


async def toggle(request: Request[State]) -> Response:
    """POST /projects/{project_id}/connect/toggle: enabled=on|off."""
    found = await seen.project(request)
    permit(can_edit_project, found.standing, EDITORS_ONLY)
    form = await read_form(request)
    wanted = form.choice("enabled", SWITCHED, sentence="Say whether export is to be on or off.")
    if form.errors:
        return await tab(request, found, refusal=form.errors["enabled"], status=422)
    switch = stops.switch_on if wanted == "on" else stops.switch_off
    try:
        await switch(
            request.state,
            found.project.id,
            by=request.state["person"].account_id,
            ip=request.state["client_ip"],
        )
    except Conflict as conflict:
        return await tab(request, found, refusal=conflict.message, status=409)
    return see_other(request, f"/projects/{found.project.id}/connect", SWITCHED[wanted])


async def tab(request: Request[State], found: ProjectSeen, *, refusal: str = "", status: int = 200) -> Response:
    """The whole tab; `refusal` is what was asked for and could not be done."""
    view, offer, earlier, verification = await request.state["database"].read(_read, found, now=now_ms())
    folder = request.state["settings"].dropbox_app_folder
    return render(
        request,
        "export_settings/show.html",
        status=status,
        signs_in=True,
        workspace=found.workspace,
        project=found.project,
        standing=found.standing,
        view=view,
        offer=offer,
        earlier=earlier,
        verification=verification,
        refusal=refusal,
        folder=folder,
        root=f"/Apps/{folder}" if folder else "",
    )


def _read(db: Db, found: ProjectSeen, *, now: int) -> tuple[ProjectView, Offer, Earlier | None, Verification | None]:
    project_id = found.project.id
    view = connection_view.of_project(db, found.workspace.id, project_id, now=now)
    earlier = earlier_exports.latest(db, project_id)
    return view, earlier_exports.offer(db, project_id), earlier, verifications.latest(db, project_id)
