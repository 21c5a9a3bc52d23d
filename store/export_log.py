"""The export log: a row for each try of an export and for each skip, written once and never changed.

The engine writes how its tries ended (claims.py); here are the skips, and the two ways in which the log is read.
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass

from rules.failures import FailureKind, sentence
from rules.states import AttemptStatus
from store.connect import Db, rows

NEWEST = (2**62, "")
"""Before which every row lies: where the first page begins. A plain bound, so that the index serves deep pages too."""


@dataclass(frozen=True)
class Attempt:
    """One row of the log, the `n`-th of its export. Times are milliseconds UTC.

    `error_kind` and `error_message` are None for a success, `request_id` is Dropbox's for a try that it refused;
    `job_id` is the pusher's, `session_id` ours.
    """

    id: str
    export_id: str
    job_id: str
    session: str
    n: int
    status: AttemptStatus
    destination_path: str | None
    error_kind: FailureKind | None
    error_message: str | None
    request_id: str | None
    started_at: int
    finished_at: int
    created_at: int


@dataclass(frozen=True)
class Skip:
    """An export that won't be tried, and why: one of rules.failures.SKIP_KINDS."""

    export_id: str
    kind: FailureKind


def skip(db: Db, skips: Sequence[Skip], *, now: int) -> int:
    """Move waiting and uploading exports to skipped, each with its row in the log; returns how many moved.

    An upload under way loses its claim: whatever comes of it can't be written over this.
    """
    moved = db.conn.executemany(
        """
        update exports set state = 'skipped', claim = null, claimed_at = null, tries = tries + 1,
            error_kind = :kind, error_message = :message, updated_at = :now, finished_at = :now
        where id = :export and state in ('waiting', 'uploading')
        """,
        [{"export": each.export_id, "kind": each.kind, "message": sentence(each.kind), "now": now} for each in skips],
    ).rowcount
    # One that had moved on already has the log row of its last try, and gets no other.
    db.conn.executemany(
        """
        insert into attempts (id, export_id, project_id, job_id, session_id, n, status, destination_path,
            error_kind, error_message, started_at, finished_at, created_at)
        select :id, e.id, e.project_id, r.job_id, e.session_id, e.tries, 'skipped', e.destination_path,
            e.error_kind, e.error_message, :now, :now, :now
        from exports e join results r on r.id = e.result_id
        where e.id = :export and e.state = 'skipped'
            and not exists (select 1 from attempts a where a.export_id = e.id and a.n = e.tries)
        """,
        [{"id": secrets.token_urlsafe(12), "export": each.export_id, "now": now} for each in skips],
    )
    return moved


def of_export(db: Db, export_id: str) -> list[Attempt]:
    """The rows of one export, first try first."""
    found = rows(
        db,
        """
        select a.*, s.label as session from attempts a join sessions s on s.id = a.session_id
        where a.export_id = :export
        order by a.n, a.created_at
        """,
        export=export_id,
    )
    return [_attempt(row) for row in found]


def of_project(db: Db, project_id: str, *, most: int = 200, before: tuple[int, str] = NEWEST) -> list[Attempt]:
    """The rows of a project's exports, newest first. The caller has looked the project up through the person.

    `before` is the `(created_at, id)` of the last one on the page before this one.
    """
    found = rows(
        db,
        """
        select a.*, s.label as session from attempts a join sessions s on s.id = a.session_id
        where a.project_id = :project and a.created_at <= :at and (a.created_at < :at or a.id > :last)
        order by a.created_at desc, a.id
        limit :most
        """,
        project=project_id,
        at=before[0],
        last=before[1],
        most=most,
    )
    return [_attempt(row) for row in found]


def _attempt(row: dict[str, object]) -> Attempt:
    kind = row["error_kind"]
    values = {name: row[name] for name in Attempt.__dataclass_fields__}
    values["status"] = AttemptStatus(str(row["status"]))
    values["error_kind"] = None if kind is None else FailureKind(str(kind))
    return Attempt(**values)  # type: ignore[arg-type]
