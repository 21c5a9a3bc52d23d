"""Workspaces, the tenants: made, renamed, listed, and looked up through the person who asks.

Who belongs to one is in members.py.
"""

import secrets
from dataclasses import dataclass

from rules.permissions import Standing, can_see_workspace
from rules.states import WorkspaceRole
from store import audit, names, standing
from store.connect import Db, rows
from store.errors import NotFound
from store.standing import Asker


@dataclass(frozen=True)
class Workspace:
    """One tenant. `created_at` is in milliseconds UTC."""

    id: str
    name: str
    created_at: int


@dataclass(frozen=True)
class WorkspaceSeen:
    """A workspace that the asker may see, and what they are to it."""

    workspace: Workspace
    standing: Standing


def create(db: Db, *, name: str, by: str, now: int, way: str = "page") -> Workspace:
    """Make a workspace and `by` (an account id) its owner. Raises Invalid for a name that can't be used."""
    made = Workspace(secrets.token_urlsafe(12), names.accepted(name, of="workspace"), now)
    db.conn.execute(
        "insert into workspaces (id, name, created_by, created_at) values (:id, :name, :by, :now)",
        {"id": made.id, "name": made.name, "by": by, "now": now},
    )
    db.conn.execute(
        "insert into members (workspace_id, account_id, role, created_at) values (:workspace, :by, :role, :now)",
        {"workspace": made.id, "by": by, "role": WorkspaceRole.OWNER, "now": now},
    )
    audit.record(
        db,
        at=now,
        actor=by,
        way=way,
        action="workspace.created",
        subject=made.id,
        workspace_id=made.id,
        detail=made.name,
    )
    return made


def rename(db: Db, workspace_id: str, *, name: str, by: str, now: int, way: str = "page") -> None:
    """Give the workspace another name. Raises Invalid for the name, NotFound for an unknown or deleted one."""
    kept = names.accepted(name, of="workspace")
    changed = rows(
        db,
        "update workspaces set name = :name where id = :id and deleted_at is null returning id",
        id=workspace_id,
        name=kept,
    )
    if not changed:
        raise NotFound
    audit.record(
        db,
        at=now,
        actor=by,
        way=way,
        action="workspace.renamed",
        subject=workspace_id,
        workspace_id=workspace_id,
        detail=kept,
    )


def seen_by(db: Db, asker: Asker, workspace_id: str) -> WorkspaceSeen:
    """The workspace with the asker's standing; NotFound for strangers, project tokens, unknown and deleted ids."""
    found = rows(
        db,
        "select id, name, created_at from workspaces where id = :id and deleted_at is null",
        id=workspace_id,
    )
    theirs = standing.in_workspace(db, asker, workspace_id)
    if not found or not can_see_workspace(theirs):
        raise NotFound
    return WorkspaceSeen(_workspace(found[0]), theirs)


def list_of(db: Db, asker: Asker, *, most: int = 200, before: tuple[int, str] | None = None) -> list[WorkspaceSeen]:
    """The asker's workspaces, newest first; none for a project token.

    `before` is the `(created_at, id)` of the last one on the page before this one.
    """
    if asker.project_id is not None:
        return []
    at, last = before or (None, None)
    found = rows(
        db,
        """
        select w.id, w.name, w.created_at, m.role
        from members m join workspaces w on w.id = m.workspace_id
        where m.account_id = :account and w.deleted_at is null
            and (:at is null or (w.created_at, w.id) < (:at, :last))
        order by w.created_at desc, w.id desc
        limit :most
        """,
        account=asker.account_id,
        at=at,
        last=last,
        most=most,
    )
    return [WorkspaceSeen(_workspace(row), Standing(WorkspaceRole(str(row["role"])))) for row in found]


def _workspace(row: dict[str, object]) -> Workspace:
    return Workspace(str(row["id"]), str(row["name"]), int(str(row["created_at"])))
