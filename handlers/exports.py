"""The export log of a project: every file on its way to Dropbox, how each try ended, and trying again."""

from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from handlers import connection_view, seen
from handlers.api.answers import Page, choice_of, page_of
from handlers.clock import now_ms
from handlers.connection_view import ProjectView
from handlers.forms import read_form
from handlers.guards import permit
from handlers.pages import render, see_other
from handlers.state import State
from rules.links import safe_next
from rules.permissions import can_edit_project
from rules.states import ExportState
from store import export_log, exports
from store.connect import Db
from store.errors import Conflict
from store.export_log import Attempt
from store.exports import Export
from store.projects import ProjectSeen
from store.standing import Asker

EDITORS_ONLY = "Only editors of the project may retry its exports."
SLICE = 25
PATIENCE_MS = 1500


@dataclass(frozen=True)
class Row:
    """An export with its tries, first one first."""

    export: Export
    attempts: list[Attempt]


async def index(request: Request[State]) -> Response:
    """GET /projects/{project_id}/exports: status, cursor."""
    found = await seen.project(request)
    return await _log(request, found, state=choice_of(request, "status", ExportState), page=page_of(request))


async def retry(request: Request[State]) -> Response:
    """POST /exports/{export_id}/retry: next."""
    asker = seen.asker_of(request)
    found = await request.state["database"].read(exports.seen_by, asker, request.path_params["export_id"])
    permit(can_edit_project, found.standing, EDITORS_ONLY)
    form = await read_form(request)
    try:
        await request.state["database"].write(
            exports.retry, export_id=found.export.id, by=asker.account_id, now=now_ms()
        )
    except Conflict as conflict:
        of = ProjectSeen(found.project, found.workspace, found.standing)
        return await _log(request, of, refusal=conflict.message, status=409)
    back = safe_next(form.values.get("next")) or f"/projects/{found.project.id}/exports"
    return see_other(request, back, "The export is tried again now.")


async def retry_failed(request: Request[State]) -> Response:
    """POST /projects/{project_id}/exports/retry-failed: all that failed, in slices, for as long as a person waits."""
    found = await seen.project(request)
    permit(can_edit_project, found.standing, EDITORS_ONLY)
    began, done = now_ms(), 0
    try:
        while now_ms() - began < PATIENCE_MS:
            count = await request.state["database"].write(
                exports.retry_failed,
                project_id=found.project.id,
                by=request.state["person"].account_id,
                now=now_ms(),
                failed_by=began,
                most=SLICE,
            )
            done += count
            if count < SLICE:
                break
    except Conflict as conflict:
        return await _log(request, found, refusal=conflict.message, status=409)
    sentence = {0: "No export had failed.", 1: "The failed export is tried again now."}
    told = sentence.get(done, f"{done} failed exports are tried again now.")
    return see_other(request, f"/projects/{found.project.id}/exports", told)


async def _log(
    request: Request[State],
    found: ProjectSeen,
    *,
    state: ExportState | None = None,
    page: Page | None = None,
    refusal: str = "",
    status: int = 200,
) -> Response:
    page = page or page_of(request)
    rows, view = await request.state["database"].read(
        _read, seen.asker_of(request), found, state=state, page=page, now=now_ms()
    )
    items, older = page.cut(rows, lambda row: (row.export.created_at, row.export.id))
    folder = request.state["settings"].dropbox_app_folder
    return render(
        request,
        "exports/index.html",
        status=status,
        signs_in=True,
        workspace=found.workspace,
        project=found.project,
        standing=found.standing,
        view=view,
        items=items,
        older=older,
        later=page.cursor,
        state=state,
        states=list(ExportState),
        refusal=refusal,
        root=f"/Apps/{folder}" if folder else "",
        now=now_ms(),
    )


def _read(
    db: Db, asker: Asker, found: ProjectSeen, *, state: ExportState | None, page: Page, now: int
) -> tuple[list[Row], ProjectView]:
    listed = exports.list_of(db, asker, found.project.id, state=state, most=page.limit + 1, before=page.cursor)
    rows = [Row(export, export_log.of_export(db, export.id)) for export in listed]
    return rows, connection_view.of_project(db, found.workspace.id, found.project.id, now=now)
