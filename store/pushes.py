"""One push: a job's artifacts become a result, or join the one that is known, in one transaction with their exports.

The bytes lie in the media folder before this runs; what it refuses, its caller removes.
"""

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import structlog

from rules.permissions import can_push_results
from store import artifacts, exports, sessions
from store.artifacts import Artifact, NewArtifact
from store.connect import Db, rows, savepoint
from store.errors import Conflict, NotPermitted
from store.experiences import ExperienceSeen
from store.experiences import seen_by as experience_seen_by
from store.standing import Asker

log = structlog.get_logger("pushes")

NOT_PERMITTED = "Only editors of the project may push results to it."


@dataclass(frozen=True)
class Push:
    """What a pusher says of one job. `session` None: a new one; `created_at` (ms UTC) None: now."""

    job_id: str
    session: str | None
    created_at: int | None
    artifacts: Sequence[NewArtifact]


@dataclass(frozen=True)
class Pushed:
    """What became of it. `added`: something was new. `keys`: those media keys of the push that are now referred to."""

    result_id: str
    added: bool
    keys: frozenset[str]


def push(
    db: Db,
    asker: Asker,
    experience_id: str,
    pushed: Push,
    *,
    now: int,
    random: Callable[[int], bytes] = secrets.token_bytes,
) -> Pushed:
    """Store the result, or what is new of it. The asker is looked up again: a long upload may outlive a right.

    The same `(experience, job_id)` again is compared per `(artifact_id, variant)`: equal bytes are known already,
    others are a Conflict and nothing is stored. Raises NotFound and NotPermitted, too.
    """
    seen = experience_seen_by(db, asker, experience_id)
    if not can_push_results(seen.standing):
        raise NotPermitted(NOT_PERMITTED)
    result_id = _known(db, experience_id, pushed.job_id)
    fresh = _fresh(artifacts.of_results(db, [result_id])[result_id] if result_id else [], pushed)
    if result_id and not fresh:
        return Pushed(result_id, added=False, keys=frozenset())
    if result_id is None:
        result_id = _insert(db, seen, pushed, now=now, random=random)
    artifacts.add(db, result_id, fresh, now=now)
    _enqueue(db, result_id, now=now)
    return Pushed(result_id, added=True, keys=frozenset(each.stored.key for each in fresh))


def _known(db: Db, experience_id: str, job_id: str) -> str | None:
    found = rows(
        db,
        "select id, deleted_at from results where experience_id = :experience and job_id = :job",
        experience=experience_id,
        job=job_id,
    )
    if found and found[0]["deleted_at"] is not None:
        raise Conflict("The result of this job was deleted here; push it as another job.")
    return str(found[0]["id"]) if found else None


def _fresh(known: list[Artifact], pushed: Push) -> list[NewArtifact]:
    """Those artifacts of the push that are new; a Conflict if one is known with other bytes."""
    sha256s = {(each.artifact_id, each.variant): each.sha256 for each in known}
    for each in pushed.artifacts:
        if sha256s.get((each.artifact_id, each.variant), each.stored.sha256) != each.stored.sha256:
            raise Conflict(
                f"This job is known, and its artifact “{each.artifact_id}” ({each.variant}) has other bytes: "
                "nothing was stored."
            )
    return [each for each in pushed.artifacts if (each.artifact_id, each.variant) not in sha256s]


def _insert(db: Db, seen: ExperienceSeen, pushed: Push, *, now: int, random: Callable[[int], bytes]) -> str:
    session = sessions.joined(db, seen.experience.id, label=pushed.session, now=now, random=random)
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
            "job": pushed.job_id,
            "created_at": now if pushed.created_at is None else pushed.created_at,
            "now": now,
        },
    )
    return result_id


def _enqueue(db: Db, result_id: str, *, now: int) -> None:
    """FR-006: the exports of what is new. Whatever goes wrong with them, the result itself is stored."""
    try:
        with savepoint(db, "exports"):
            exports.enqueue(db, result_id=result_id, now=now)
    except Exception:
        log.exception("exports of a result could not be enqueued; it is owed them", result_id=result_id)
        db.conn.execute("update results set owed_export = 1 where id = :id", {"id": result_id})
