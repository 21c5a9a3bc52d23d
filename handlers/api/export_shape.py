"""An export as the API shows it (CONTRACT.md §4): in a project's list, and inside its result."""

from pydantic import Field

from handlers.api.models import Answer, Moment
from rules.failures import FailureKind, sentence
from rules.naming import display_path
from rules.states import ExportState
from store import exports


class ExportError(Answer):
    """How the last try failed, or why it was skipped."""

    kind: FailureKind
    message: str


class Export(Answer):
    """One artifact on its way to Dropbox. `attempts` counts spent tries; `next_attempt_at` is set while it waits."""

    id: str
    result_id: str
    job_id: str = Field(examples=["job-1"])
    session: str = Field(examples=["guest-17"])
    artifact_id: str = Field(examples=["photo"])
    variant: str = Field(examples=["final"])
    status: ExportState
    attempts: int
    destination_path: str = Field(examples=["/Summer Gala/Booth/2026-02-11_19-24-03_session-8F3K_result.jpg"])
    display_path: str
    next_attempt_at: Moment | None
    error: ExportError | None
    dropbox_file_id: str | None
    rev: str | None
    content_hash: str
    created_at: Moment
    finished_at: Moment | None

    @classmethod
    def of(cls, export: exports.Export, *, app_folder: str) -> "Export":
        """`app_folder` is the installation's DROPBOX_APP_FOLDER, empty for a Full Dropbox app."""
        kind, message = export.error_kind, export.error_message
        return cls(
            id=export.id,
            result_id=export.result_id,
            job_id=export.job_id,
            session=export.session,
            artifact_id=export.artifact_id,
            variant=export.variant,
            status=export.state,
            attempts=export.attempts,
            destination_path=export.destination_path,
            display_path=display_path(app_folder, export.destination_path),
            next_attempt_at=export.due_at if export.state is ExportState.WAITING else None,
            error=None if kind is None else ExportError(kind=kind, message=message or f"{sentence(kind)}."),
            dropbox_file_id=export.dropbox_file_id,
            rev=export.rev,
            content_hash=export.content_hash,
            created_at=export.created_at,
            finished_at=export.finished_at,
        )
