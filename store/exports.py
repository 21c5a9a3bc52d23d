"""Exports as people see them: listed, looked up through the person who asks, and (from their modules) made and retried.

What the engine does to them is in claims.py, how they are stopped in export_stops.py.
"""

from dataclasses import dataclass

from rules.failures import FailureKind
from rules.permissions import Standing
from rules.states import ExportState
from store import projects
from store.connect import Db, rows
from store.errors import NotFound
from store.export_log import NEWEST
from store.export_queue import enqueue as enqueue
from store.export_queue import enqueue_owed as enqueue_owed
from store.export_retry import retry as retry
from store.export_retry import retry_failed as retry_failed
from store.projects import Project
from store.standing import Asker
from store.workspaces import Workspace


@dataclass(frozen=True)
class Export:
    """One artifact on its way. Times are milliseconds UTC; `size` is in bytes.

    `session` is the pusher's label of the session; `artifact_id` and `variant` are the pusher's too. `due_at` counts
    only while it waits. `error_kind` says how its last try ended, None for well or not yet.
    """

    id: str
    project_id: str
    result_id: str
    job_id: str
    session: str
    short_code: str
    experience_name: str
    artifact_id: str
    variant: str
    state: ExportState
    attempts: int
    destination_path: str
    size: int
    due_at: int
    error_kind: FailureKind | None
    error_message: str | None
    dropbox_file_id: str | None
    rev: str | None
    content_hash: str
    created_at: int
    updated_at: int
    finished_at: int | None


@dataclass(frozen=True)
class ExportSeen:
    """An export that the asker may see, where it belongs, and what they are to that."""

    export: Export
    project: Project
    workspace: Workspace
    standing: Standing


def list_of(
    db: Db,
    asker: Asker,
    project_id: str,
    *,
    state: ExportState | None = None,
    most: int = 200,
    before: tuple[int, str] | None = None,
) -> list[Export]:
    """The project's exports, newest first, perhaps only those in one state; NotFound if it isn't theirs to see.

    `before` is the `(created_at, id)` of the last one on the page before this one.
    """
    projects.seen_by(db, asker, project_id)
    at, last = before or NEWEST
    # Two texts, each a walk along an index of its own: as quick on the thousandth page as on the first.
    if state is None:
        found = rows(
            db,
            """
            select * from exports_with_names
            where project_id = :project and created_at <= :at and (created_at < :at or id > :last)
            order by created_at desc, id
            limit :most
            """,
            project=project_id,
            at=at,
            last=last,
            most=most,
        )
    else:
        found = rows(
            db,
            """
            select * from exports_with_names
            where project_id = :project and state = :state and created_at <= :at and (created_at < :at or id > :last)
            order by created_at desc, id
            limit :most
            """,
            project=project_id,
            state=state,
            at=at,
            last=last,
            most=most,
        )
    return [_export(row) for row in found]


def of_result(db: Db, result_id: str) -> list[Export]:
    """The exports of one result, in the order of its artifacts. The caller has looked it up through the person."""
    found = rows(
        db,
        "select * from exports_with_names where result_id = :result order by position",
        result=result_id,
    )
    return [_export(row) for row in found]


def get(db: Db, export_id: str) -> Export:
    """The export by its id, whoever asks; NotFound for an unknown one."""
    found = rows(db, "select * from exports_with_names where id = :id", id=export_id)
    if not found:
        raise NotFound
    return _export(found[0])


def seen_by(db: Db, asker: Asker, export_id: str) -> ExportSeen:
    """The export with the asker's standing; NotFound for who may not see it, for unknown ones and deleted projects."""
    export = get(db, export_id)
    seen = projects.seen_by(db, asker, export.project_id)
    return ExportSeen(export, seen.project, seen.workspace, seen.standing)


def _export(row: dict[str, object]) -> Export:
    kind = row["error_kind"]
    values = {name: row[name] for name in Export.__dataclass_fields__}
    values["state"] = ExportState(str(row["state"]))
    values["error_kind"] = None if kind is None else FailureKind(str(kind))
    return Export(**values)  # type: ignore[arg-type]
