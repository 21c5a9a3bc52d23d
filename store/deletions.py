"""What deleting a project or an experience means, in one transaction: nobody finds it, and its exports are stopped.

What waits is skipped in slices (export_stops.sweep). Folders stay claimed, and files in Dropbox stay where they are.
"""

from rules.failures import FailureKind
from store import experiences, export_stops, projects
from store.connect import Db, rows
from store.errors import NotFound


def delete_project(db: Db, project_id: str, *, by: str, now: int, way: str = "page") -> int:
    """Delete a project; returns the settings epoch before which nothing of it goes to Dropbox any more.

    Raises NotFound for an unknown one and for one that is deleted already.
    """
    projects.mark_deleted(db, project_id, by=by, now=now, way=way)
    return export_stops.stop_project(db, project_id, kind=FailureKind.DELETED, now=now)


def delete_experience(db: Db, experience_id: str, *, by: str, now: int, way: str = "page") -> int:
    """Delete an experience; returns the new settings epoch of its project, under which the others' exports go on.

    Raises NotFound for an unknown one and for one that is deleted already.
    """
    project_id = project_of(db, experience_id)
    experiences.mark_deleted(db, experience_id, by=by, now=now, way=way)
    return export_stops.stop_experience(db, project_id, experience_id, now=now)


def project_of(db: Db, experience_id: str) -> str:
    """The project that an experience belongs to, deleted or not; NotFound for an unknown one."""
    found = rows(db, "select project_id from experiences where id = :id", id=experience_id)
    if not found:
        raise NotFound
    return str(found[0]["project_id"])
