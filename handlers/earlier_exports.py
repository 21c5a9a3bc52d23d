"""Sending a project's earlier results, from its Connect tab: from before export was on, and what a stop skipped."""

from starlette.requests import Request
from starlette.responses import Response

from handlers import export_settings, seen
from handlers.clock import now_ms
from handlers.guards import permit
from handlers.pages import see_other
from handlers.state import State
from rules.permissions import can_edit_project
from store import earlier_exports
from store.errors import Conflict

EDITORS_ONLY = "Only editors of the project may export its earlier results."
BEGUN = "Earlier results go to Dropbox from now on, behind new ones."


async def send(request: Request[State]) -> Response:
    """POST /projects/{project_id}/connect/earlier"""
    found = await seen.project(request)
    permit(can_edit_project, found.standing, EDITORS_ONLY)
    database, project_id = request.state["database"], found.project.id
    offered = await database.read(earlier_exports.offer, project_id)
    try:
        await database.write(
            earlier_exports.begin, project_id, offered, by=request.state["person"].account_id, now=now_ms()
        )
    except Conflict as conflict:
        return await export_settings.tab(request, found, refusal=conflict.message, status=409)
    return see_other(request, f"/projects/{project_id}/connect", BEGUN)
