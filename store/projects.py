"""Projects of a workspace: made, changed, marked deleted, listed, and looked up through the person who asks.

A project's export settings row is made with it, so that whatever comes later can rely on it.
"""

import secrets
from dataclasses import dataclass

from rules.naming import DEFAULT_TEMPLATE
from rules.permissions import Standing, can_see_project
from store import audit, export_paths, names, standing, timezones, workspaces
from store.connect import Db, rows
from store.errors import Invalid, NotFound
from store.standing import Asker
from store.workspaces import Workspace


@dataclass(frozen=True)
class Project:
    """One project. `timezone` is an IANA name; `created_at` is in milliseconds UTC."""

    id: str
    workspace_id: str
    name: str
    timezone: str
    created_at: int


@dataclass(frozen=True)
class ProjectSeen:
    """A project that the asker may see, its workspace, and what they are to both."""

    project: Project
    workspace: Workspace
    standing: Standing


def create(
    db: Db, workspace_id: str, *, name: str, by: str, now: int, timezone: str = timezones.UTC, way: str = "page"
) -> Project:
    """Make a project with export switched off, and claim its folder if the workspace has a connection.

    Raises Invalid for `name` and `timezone`, NotFound for an unknown or deleted workspace.
    """
    fields = _accepted(name, timezone)
    if not rows(db, "select id from workspaces where id = :id and deleted_at is null", id=workspace_id):
        raise NotFound
    made = Project(secrets.token_urlsafe(12), workspace_id, fields["name"], fields["timezone"], now)
    db.conn.execute(
        """
        insert into projects (id, workspace_id, name, timezone, created_by, created_at, updated_at)
        values (:id, :workspace, :name, :timezone, :by, :now, :now)
        """,
        {"id": made.id, "workspace": workspace_id, **fields, "by": by, "now": now},
    )
    db.conn.execute(
        """
        insert into export_settings (project_id, enabled, naming_template, updated_at)
        values (:project, 0, :template, :now)
        """,
        {"project": made.id, "template": DEFAULT_TEMPLATE, "now": now},
    )
    export_paths.claim_project_folder(db, made.id, now)
    _record(db, made.id, workspace_id, "project.created", made.name, by=by, now=now, way=way)
    return made


def change(
    db: Db,
    project_id: str,
    *,
    name: str | None = None,
    timezone: str | None = None,
    by: str,
    now: int,
    way: str = "page",
) -> Project:
    """The project under another name or on other clocks; None leaves as it is. A new name claims a new folder.

    Raises Invalid for `name` and `timezone`, NotFound for an unknown or deleted project.
    """
    fields = _accepted(name, timezone)
    changed = rows(
        db,
        """
        update projects set name = coalesce(:name, name), timezone = coalesce(:timezone, timezone), updated_at = :now
        where id = :id and deleted_at is null
        returning id, workspace_id, name, timezone, created_at
        """,
        id=project_id,
        name=fields.get("name"),
        timezone=fields.get("timezone"),
        now=now,
    )
    if not changed:
        raise NotFound
    if "name" in fields:
        export_paths.claim_project_folder(db, project_id, now)
    project = _project(changed[0])
    if fields:
        told = ", ".join(f"{field}: {value}" for field, value in fields.items())
        _record(db, project_id, project.workspace_id, "project.changed", told, by=by, now=now, way=way)
    return project


def mark_deleted(db: Db, project_id: str, *, by: str, now: int, way: str = "page") -> None:
    """Mark the project deleted: nobody finds it any more. Its exports are stopped by whoever calls this.

    Raises NotFound for an unknown project and for one that is deleted already.
    """
    marked = rows(
        db,
        """
        update projects set deleted_at = :now, updated_at = :now where id = :id and deleted_at is null
        returning workspace_id, name
        """,
        id=project_id,
        now=now,
    )
    if not marked:
        raise NotFound
    workspace_id, name = str(marked[0]["workspace_id"]), str(marked[0]["name"])
    _record(db, project_id, workspace_id, "project.deleted", name, by=by, now=now, way=way)


def seen_by(db: Db, asker: Asker, project_id: str) -> ProjectSeen:
    """The project with the asker's standing; NotFound for who may not see it, for unknown and deleted ids alike."""
    found = rows(
        db,
        """
        select p.id, p.workspace_id, p.name, p.timezone, p.created_at,
            w.name as workspace_name, w.created_at as workspace_created_at
        from projects p join workspaces w on w.id = p.workspace_id and w.deleted_at is null
        where p.id = :id and p.deleted_at is null
        """,
        id=project_id,
    )
    if not found:
        raise NotFound
    project = _project(found[0])
    theirs = standing.in_project(db, asker, project.workspace_id, project.id)
    if not can_see_project(theirs):
        raise NotFound
    of = Workspace(project.workspace_id, str(found[0]["workspace_name"]), int(str(found[0]["workspace_created_at"])))
    return ProjectSeen(project, of, theirs)


def list_of(
    db: Db, asker: Asker, workspace_id: str, *, most: int = 200, before: tuple[int, str] | None = None
) -> list[Project]:
    """The workspace's projects that the asker may see, newest first; NotFound if the workspace is not theirs to see.

    `before` is the `(created_at, id)` of the last one on the page before this one.
    """
    seen = workspaces.seen_by(db, asker, workspace_id)
    at, last = before or (None, None)
    found = rows(
        db,
        """
        select p.id, p.workspace_id, p.name, p.timezone, p.created_at
        from projects p
        left join project_members m on m.project_id = p.id and m.account_id = :account
        where p.workspace_id = :workspace and p.deleted_at is null
            and (:all_of_them = 1 or m.role is not null)
            and (:at is null or (p.created_at, p.id) < (:at, :last))
        order by p.created_at desc, p.id desc
        limit :most
        """,
        account=asker.account_id,
        workspace=workspace_id,
        # Who runs the workspace is an editor of every project of it, without a row of their own.
        all_of_them=int(can_see_project(seen.standing)),
        at=at,
        last=last,
        most=most,
    )
    return [_project(row) for row in found]


def _accepted(name: str | None, timezone: str | None) -> dict[str, str]:
    """The given fields as they are stored; raises one Invalid for all that is wrong."""
    fields: dict[str, str] = {}
    errors: dict[str, str] = {}
    for field, given, accept in (("name", name, _name), ("timezone", timezone, timezones.accepted)):
        try:
            if given is not None:
                fields[field] = accept(given)
        except Invalid as invalid:
            errors |= invalid.errors
    if errors:
        raise Invalid(errors)
    return fields


def _name(given: str) -> str:
    return names.accepted(given, of="project")


def _project(row: dict[str, object]) -> Project:
    return Project(
        id=str(row["id"]),
        workspace_id=str(row["workspace_id"]),
        name=str(row["name"]),
        timezone=str(row["timezone"]),
        created_at=int(str(row["created_at"])),
    )


def _record(
    db: Db, project_id: str, workspace_id: str, action: str, detail: str, *, by: str, now: int, way: str
) -> None:
    audit.record(
        db, at=now, actor=by, way=way, action=action, subject=project_id, workspace_id=workspace_id, detail=detail
    )
