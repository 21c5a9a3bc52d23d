"""Results as people see them: looked up through the person who asks, and listed. How one comes in: pushes.py."""

from dataclasses import dataclass

from rules.permissions import Standing
from store import artifacts, projects
from store.artifacts import Artifact
from store.connect import Db, rows
from store.errors import NotFound
from store.projects import Project
from store.standing import Asker
from store.workspaces import Workspace

_COLUMNS = """
    r.id, r.project_id, r.experience_id, e.name as experience_name, r.job_id, s.label as session, s.short_code,
    r.created_at, r.arrived_at
    from results r
    join sessions s on s.id = r.session_id
    join experiences e on e.id = r.experience_id and e.deleted_at is null
"""


@dataclass(frozen=True)
class Result:
    """What one job made for a session. `created_at` is the pusher's time or the arrival, both in ms UTC."""

    id: str
    project_id: str
    experience_id: str
    experience_name: str
    job_id: str
    session: str
    short_code: str
    created_at: int
    arrived_at: int
    artifacts: list[Artifact]


@dataclass(frozen=True)
class ResultSeen:
    """A result that the asker may see, where it belongs, and what they are to that."""

    result: Result
    project: Project
    workspace: Workspace
    standing: Standing


def get(db: Db, result_id: str) -> Result:
    """The result by its id, whoever asks; NotFound for an unknown one and for what is deleted."""
    found = rows(db, f"select {_COLUMNS} where r.id = :id and r.deleted_at is null", id=result_id)
    if not found:
        raise NotFound
    return _results(db, found)[0]


def seen_by(db: Db, asker: Asker, result_id: str) -> ResultSeen:
    """The result with the asker's standing; NotFound for who may not see it, for unknown and deleted ids alike."""
    result = get(db, result_id)
    seen = projects.seen_by(db, asker, result.project_id)
    return ResultSeen(result, seen.project, seen.workspace, seen.standing)


def list_of(
    db: Db, asker: Asker, project_id: str, *, most: int = 200, before: tuple[int, str] | None = None
) -> list[Result]:
    """The project's results, the last to arrive first; NotFound if the project is not the asker's to see.

    `before` is the `(arrived_at, id)` of the last one on the page before this one.
    """
    projects.seen_by(db, asker, project_id)
    at, last = before or (2**62, "")
    found = rows(
        db,
        f"""
        select {_COLUMNS}
        where r.project_id = :project and r.deleted_at is null
            and r.arrived_at <= :at and (r.arrived_at < :at or r.id > :last)
        order by r.arrived_at desc, r.id
        limit :most
        """,
        project=project_id,
        at=at,
        last=last,
        most=most,
    )
    return _results(db, found)


def _results(db: Db, found: list[dict[str, object]]) -> list[Result]:
    theirs = artifacts.of_results(db, [str(row["id"]) for row in found])
    return [Result(**row, artifacts=theirs[str(row["id"])]) for row in found]  # type: ignore[arg-type]
