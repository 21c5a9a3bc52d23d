"""Experiences of a project: made, renamed, marked deleted, listed, and looked up through the person who asks."""

import secrets
from dataclasses import dataclass

from rules.permissions import Standing
from store import audit, names, projects
from store.connect import Db, rows
from store.errors import NotFound
from store.projects import Project
from store.standing import Asker
from store.workspaces import Workspace


@dataclass(frozen=True)
class Experience:
    """What a guest runs through. `created_at` is in milliseconds UTC."""

    id: str
    project_id: str
    name: str
    created_at: int


@dataclass(frozen=True)
class ExperienceSeen:
    """An experience that the asker may see, where it belongs, and what they are to that."""

    experience: Experience
    project: Project
    workspace: Workspace
    standing: Standing


def create(db: Db, project_id: str, *, name: str, by: str, now: int, way: str = "page") -> Experience:
    """Make an experience. Raises Invalid for the name, NotFound for an unknown or deleted project."""
    made = Experience(secrets.token_urlsafe(12), project_id, names.accepted(name, of="experience"), now)
    workspace_id = _workspace_of(db, project_id)
    db.conn.execute(
        """
        insert into experiences (id, project_id, name, created_by, created_at, updated_at)
        values (:id, :project, :name, :by, :now, :now)
        """,
        {"id": made.id, "project": project_id, "name": made.name, "by": by, "now": now},
    )
    _record(db, made.id, workspace_id, "experience.created", made.name, by=by, now=now, way=way)
    return made


def rename(db: Db, experience_id: str, *, name: str, by: str, now: int, way: str = "page") -> Experience:
    """Give it another name, which new results use. Raises Invalid for the name, NotFound for an unknown or deleted one.

    Exports keep the path that was frozen when their result arrived.
    """
    kept = names.accepted(name, of="experience")
    changed = rows(
        db,
        """
        update experiences set name = :name, updated_at = :now where id = :id and deleted_at is null
        returning id, project_id, name, created_at
        """,
        id=experience_id,
        name=kept,
        now=now,
    )
    if not changed:
        raise NotFound
    renamed = _experience(changed[0])
    workspace_id = _workspace_of(db, renamed.project_id)
    _record(db, experience_id, workspace_id, "experience.renamed", kept, by=by, now=now, way=way)
    return renamed


def mark_deleted(db: Db, experience_id: str, *, by: str, now: int, way: str = "page") -> None:
    """Mark the experience deleted: nobody finds it any more. Its exports are stopped by whoever calls this.

    Raises NotFound for an unknown experience and for one that is deleted already.
    """
    marked = rows(
        db,
        """
        update experiences set deleted_at = :now, updated_at = :now where id = :id and deleted_at is null
        returning project_id, name
        """,
        id=experience_id,
        now=now,
    )
    if not marked:
        raise NotFound
    workspace_id = _workspace_of(db, str(marked[0]["project_id"]))
    _record(db, experience_id, workspace_id, "experience.deleted", str(marked[0]["name"]), by=by, now=now, way=way)


def seen_by(db: Db, asker: Asker, experience_id: str) -> ExperienceSeen:
    """The experience with the asker's standing; NotFound for who may not see it, for unknown and deleted ids alike."""
    found = rows(
        db,
        "select id, project_id, name, created_at from experiences where id = :id and deleted_at is null",
        id=experience_id,
    )
    if not found:
        raise NotFound
    seen = projects.seen_by(db, asker, str(found[0]["project_id"]))
    return ExperienceSeen(_experience(found[0]), seen.project, seen.workspace, seen.standing)


def list_of(
    db: Db, asker: Asker, project_id: str, *, most: int = 200, before: tuple[int, str] | None = None
) -> list[Experience]:
    """The project's experiences, newest first; NotFound if the project is not the asker's to see.

    `before` is the `(created_at, id)` of the last one on the page before this one.
    """
    projects.seen_by(db, asker, project_id)
    at, last = before or (None, None)
    found = rows(
        db,
        """
        select id, project_id, name, created_at from experiences
        where project_id = :project and deleted_at is null
            and (:at is null or (created_at, id) < (:at, :last))
        order by created_at desc, id desc
        limit :most
        """,
        project=project_id,
        at=at,
        last=last,
        most=most,
    )
    return [_experience(row) for row in found]


def _workspace_of(db: Db, project_id: str) -> str:
    found = rows(
        db,
        """
        select w.id from projects p join workspaces w on w.id = p.workspace_id
        where p.id = :id and p.deleted_at is null and w.deleted_at is null
        """,
        id=project_id,
    )
    if not found:
        raise NotFound
    return str(found[0]["id"])


def _experience(row: dict[str, object]) -> Experience:
    return Experience(str(row["id"]), str(row["project_id"]), str(row["name"]), int(str(row["created_at"])))


def _record(
    db: Db, experience_id: str, workspace_id: str, action: str, detail: str, *, by: str, now: int, way: str
) -> None:
    audit.record(
        db, at=now, actor=by, way=way, action=action, subject=experience_id, workspace_id=workspace_id, detail=detail
    )
