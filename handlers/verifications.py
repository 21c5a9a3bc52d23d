"""Verify in Dropbox: asking for it, how far it is, and what was found missing or changed."""

from starlette.requests import Request
from starlette.responses import Response

from handlers import connection_view, export_settings, seen
from handlers.clock import now_ms
from handlers.connection_view import ProjectView
from handlers.guards import permit
from handlers.pages import render, see_other
from handlers.state import State
from rules.permissions import can_edit_project
from store import verifications
from store.connect import Db
from store.errors import Conflict
from store.projects import ProjectSeen
from store.verifications import Finding, Verification

EDITORS_ONLY = "Only editors of the project may have it verified."


async def show(request: Request[State]) -> Response:
    """GET /projects/{project_id}/verification"""
    found = await seen.project(request)
    view, verification, findings = await request.state["database"].read(_read, found, now=now_ms())
    folder = request.state["settings"].dropbox_app_folder
    return render(
        request,
        "verifications/show.html",
        workspace=found.workspace,
        project=found.project,
        standing=found.standing,
        view=view,
        verification=verification,
        findings=findings,
        root=f"/Apps/{folder}" if folder else "",
    )


async def ask(request: Request[State]) -> Response:
    """POST /projects/{project_id}/verification: look now."""
    found = await seen.project(request)
    permit(can_edit_project, found.standing, EDITORS_ONLY)
    try:
        await request.state["database"].write(
            verifications.ask, found.project.id, by=request.state["person"].account_id, now=now_ms()
        )
    except Conflict as conflict:
        return await export_settings.tab(request, found, refusal=conflict.message, status=409)
    return see_other(request, f"/projects/{found.project.id}/verification")


def _read(db: Db, found: ProjectSeen, *, now: int) -> tuple[ProjectView, Verification | None, list[Finding]]:
    verification = verifications.latest(db, found.project.id)
    view = connection_view.of_project(db, found.workspace.id, found.project.id, now=now)
    return view, verification, verifications.findings(db, verification) if verification else []
