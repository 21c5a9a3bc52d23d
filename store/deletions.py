"""What deleting a workspace, a project or an experience means, in one transaction: nobody finds it, its exports stop.

What waits is skipped in slices (export_stops.sweep). Folders stay claimed, and files in Dropbox stay where they are.
"""

from rules.envelope import Keyring
from rules.failures import FailureKind
from rules.permissions import can_manage_workspace
from store import audit, connections, experiences, export_stops, members, projects, standing
from store.connect import Db, rows
from store.errors import NotFound, NotPermitted
from store.standing import Asker


def delete_workspace(
    db: Db, workspace_id: str, *, by: str, keyring: Keyring, now: int, way: str = "page", ip: str = ""
) -> int | None:
    """Delete a workspace: its Dropbox grant goes to the outbox to be revoked, and what is being uploaded is skipped.

    Returns the connection's new epoch, None where there never was one. Raises NotPermitted unless `by` owns the
    workspace now or is alone in it, NotFound for an unknown one and for one that is deleted already.
    """
    marked = rows(
        db,
        "update workspaces set deleted_at = :now where id = :id and deleted_at is null returning name",
        id=workspace_id,
        now=now,
    )
    if not marked:
        raise NotFound
    alone = [member.account_id for member in members.of_workspace(db, workspace_id)] == [by]
    if not alone and not can_manage_workspace(standing.in_workspace(db, Asker(by), workspace_id)):
        raise NotPermitted("Only an owner may delete the workspace.")
    audit.record(
        db,
        at=now,
        actor=by,
        way=way,
        action="workspace.deleted",
        subject=workspace_id,
        workspace_id=workspace_id,
        detail=str(marked[0]["name"]),
        ip=ip,
    )
    connection = connections.of_workspace(db, workspace_id)
    if connection is None:
        return None
    export_stops.stop_connection(db, connection.id, now=now, kind=FailureKind.DELETED)
    ended = connections.disconnect(db, workspace_id=workspace_id, by=by, keyring=keyring, now=now, way=way, ip=ip)
    return ended.epoch


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
