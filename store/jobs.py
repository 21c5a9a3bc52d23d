"""What pushes of a job have in common, however its artifacts come: the result that is known, or a new one, and exports.

What is pushed is in pushes.py (bytes) and address_pushes.py (web addresses).
"""

import secrets
from collections.abc import Callable
from dataclasses import dataclass

import structlog

from store import exports, sessions
from store.connect import Db, rows, savepoint
from store.errors import Conflict
from store.experiences import ExperienceSeen

log = structlog.get_logger("pushes")


@dataclass(frozen=True)
class Job:
    """What a pusher says of one job. `session` None: a new one; `created_at` (ms UTC) None: now."""

    job_id: str
    session: str | None
    created_at: int | None


def known_result(db: Db, experience_id: str, job_id: str) -> str | None:
    """The id of the result that this job has already; Conflict when it was deleted here."""
    found = rows(
        db,
        "select id, deleted_at from results where experience_id = :experience and job_id = :job",
        experience=experience_id,
        job=job_id,
    )
    if found and found[0]["deleted_at"] is not None:
        raise Conflict("The result of this job was deleted here; push it as another job.")
    return str(found[0]["id"]) if found else None


def new_result(db: Db, seen: ExperienceSeen, job: Job, *, now: int, random: Callable[[int], bytes]) -> str:
    """A result without artifacts yet, in the session that the job names; its id."""
    session = sessions.joined(db, seen.experience.id, label=job.session, now=now, random=random)
    result_id = secrets.token_urlsafe(12)
    db.conn.execute(
        """
        insert into results (id, workspace_id, project_id, experience_id, session_id, job_id, created_at, arrived_at)
        values (:id, :workspace, :project, :experience, :session, :job, :created_at, :now)
        """,
        {
            "id": result_id,
            "workspace": seen.workspace.id,
            "project": seen.project.id,
            "experience": seen.experience.id,
            "session": session.id,
            "job": job.job_id,
            "created_at": now if job.created_at is None else job.created_at,
            "now": now,
        },
    )
    return result_id


def enqueue_exports(db: Db, result_id: str, *, now: int) -> None:
    """FR-006: the exports of what is new. Whatever goes wrong with them, the result itself is stored."""
    try:
        with savepoint(db, "exports"):
            exports.enqueue(db, result_id=result_id, now=now)
    except Exception:
        log.exception("exports of a result could not be enqueued; it is owed them", result_id=result_id)
        db.conn.execute("update results set owed_export = 1 where id = :id", {"id": result_id})
