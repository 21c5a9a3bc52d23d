"""The API's exports: a project's list, one with its tries, a retry, and the export log in the shape of S3."""

from enum import StrEnum

from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response

from handlers.api.answers import answer, choice_of, listing, page_of
from handlers.api.export_shape import Export, ExportError
from handlers.api.models import Answer, Moment
from handlers.clock import now_ms
from handlers.guards import permit
from handlers.state import State
from rules.failures import sentence
from rules.permissions import can_edit_project
from rules.states import AttemptStatus, ExportState
from store import export_log, exports, projects
from store.connect import Db
from store.exports import ExportSeen


class Provider(StrEnum):
    """Where exports go to."""

    DROPBOX = "dropbox"


class Attempt(Answer):
    """One try of an export, or its skip; `n` counts them from 1."""

    n: int
    status: AttemptStatus
    destination_path: str | None
    error: ExportError | None
    started_at: Moment
    finished_at: Moment

    @classmethod
    def of(cls, row: export_log.Attempt) -> "Attempt":
        return cls(
            n=row.n,
            status=row.status,
            destination_path=row.destination_path,
            error=_error(row),
            started_at=row.started_at,
            finished_at=row.finished_at,
        )


class ExportWithAttempts(Export):
    """One export with all its tries, the first one first."""

    attempts_log: list[Attempt]


class LogRow(Answer):
    """One row of the export log. `sessionId` is the pusher's `session`, `createdAt` milliseconds since the epoch."""

    id: str
    jobId: str = Field(examples=["job-1"])
    sessionId: str = Field(examples=["guest-17"])
    provider: Provider
    status: AttemptStatus
    destinationPath: str | None
    error: str | None
    createdAt: int = Field(examples=[1770837843000])

    @classmethod
    def of(cls, row: export_log.Attempt) -> "LogRow":
        error = _error(row)
        return cls(
            id=row.id,
            jobId=row.job_id,
            sessionId=row.session,
            provider=Provider.DROPBOX,
            status=row.status,
            destinationPath=row.destination_path,
            error=None if error is None else error.message,
            createdAt=row.created_at,
        )


async def index(request: Request[State]) -> Response:
    """GET /projects/{project_id}/exports: perhaps only those with this `status`."""
    page = page_of(request)
    found = await request.state["database"].read(
        exports.list_of,
        request.state["asker"],
        request.path_params["project_id"],
        state=choice_of(request, "status", ExportState),
        most=page.limit + 1,
        before=page.cursor,
    )
    items, following = page.cut(found, lambda export: (export.created_at, export.id))
    folder = request.state["settings"].dropbox_app_folder
    return listing([Export.of(export, app_folder=folder) for export in items], following)


async def show(request: Request[State]) -> Response:
    """GET /exports/{export_id}"""
    seen = await _seen(request)
    return answer(await request.state["database"].read(_whole, seen.export.id, _folder(request)))


async def retry(request: Request[State]) -> Response:
    """POST /exports/{export_id}/retry: 202, it is tried as soon as it can be."""
    seen = await _seen(request)
    permit(can_edit_project, seen.standing, "Only editors of the project may retry its exports.")
    by = request.state["asker"].account_id
    await request.state["database"].write(exports.retry, export_id=seen.export.id, by=by, now=now_ms(), way="api")
    return answer(await request.state["database"].read(_whole, seen.export.id, _folder(request)), 202)


async def log(request: Request[State]) -> Response:
    """GET /projects/{project_id}/export-log: the newest first."""
    page = page_of(request)
    seen = await request.state["database"].read(
        projects.seen_by, request.state["asker"], request.path_params["project_id"]
    )
    found = await request.state["database"].read(
        export_log.of_project, seen.project.id, most=page.limit + 1, before=page.cursor or export_log.NEWEST
    )
    items, following = page.cut(found, lambda row: (row.created_at, row.id))
    return listing([LogRow.of(row) for row in items], following)


def _whole(db: Db, export_id: str, app_folder: str) -> ExportWithAttempts:
    export = Export.of(exports.get(db, export_id), app_folder=app_folder)
    attempts = [Attempt.of(row) for row in export_log.of_export(db, export_id)]
    return ExportWithAttempts(**dict(export), attempts_log=attempts)


def _error(row: export_log.Attempt) -> ExportError | None:
    if row.error_kind is None:
        return None
    return ExportError(kind=row.error_kind, message=row.error_message or sentence(row.error_kind))


def _folder(request: Request[State]) -> str:
    return request.state["settings"].dropbox_app_folder


async def _seen(request: Request[State]) -> ExportSeen:
    return await request.state["database"].read(
        exports.seen_by, request.state["asker"], request.path_params["export_id"]
    )
