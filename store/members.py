"""Who belongs to a workspace and to a project, in which role. A workspace never loses its last owner.

Who may set whose role is said in rules/permissions.py; roles.py asks it for people. The lists are in member_lists.py.
"""

from rules.states import ProjectRole, WorkspaceRole
from store import audit
from store.connect import Db, rows
from store.errors import Conflict, NotFound
from store.member_lists import Member as Member
from store.member_lists import of_project as of_project
from store.member_lists import of_workspace as of_workspace

LAST_OWNER = "This is the workspace's last owner. Make somebody else an owner first."


def set_role(
    db: Db,
    workspace_id: str,
    account_id: str,
    role: WorkspaceRole,
    *,
    by: str | None,
    now: int,
    way: str = "page",
    ip: str = "",
) -> None:
    """Make the account a member of the workspace in this role, or give a member another one.

    Raises Conflict where the last owner would go, NotFound for an unknown account or workspace.
    `by` is None for the command.
    """
    _known(db, workspace_id, account_id)
    if role is not WorkspaceRole.OWNER:
        _keep_an_owner(db, workspace_id, account_id)
    _put(db, workspace_id, account_id, role, now)
    _record(db, workspace_id, "member.set", account_id, role, by=by, now=now, way=way, ip=ip)


def set_project_role(
    db: Db,
    project_id: str,
    account_id: str,
    role: ProjectRole,
    *,
    by: str | None,
    now: int,
    way: str = "page",
    ip: str = "",
) -> None:
    """Give the account a role in the project, and make it a member of the workspace if it is none yet.

    Raises NotFound for an unknown account and for an unknown or deleted project.
    """
    workspace_id = _workspace_of(db, project_id)
    _known(db, workspace_id, account_id)
    db.conn.execute(
        """
        insert into members (workspace_id, account_id, role, created_at) values (:workspace, :account, :role, :now)
        on conflict (workspace_id, account_id) do nothing
        """,
        {"workspace": workspace_id, "account": account_id, "role": WorkspaceRole.MEMBER, "now": now},
    )
    db.conn.execute(
        """
        insert into project_members (project_id, account_id, role, created_at)
        values (:project, :account, :role, :now)
        on conflict (project_id, account_id) do update set role = excluded.role
        """,
        {"project": project_id, "account": account_id, "role": role, "now": now},
    )
    detail = f"{role} of project {project_id}"
    _record(db, workspace_id, "member.set", account_id, detail, by=by, now=now, way=way, ip=ip)


def remove(
    db: Db, workspace_id: str, account_id: str, *, by: str | None, now: int, way: str = "page", ip: str = ""
) -> None:
    """End the account's membership of the workspace and of all its projects.

    Raises Conflict for the last owner, NotFound for an unknown workspace and for who is no member.
    """
    _known(db, workspace_id, account_id)
    _keep_an_owner(db, workspace_id, account_id)
    gone = rows(
        db,
        """
        delete from members where workspace_id = :workspace and account_id = :account
        returning role
        """,
        workspace=workspace_id,
        account=account_id,
    )
    if not gone:
        raise NotFound("This account is no member of the workspace.")
    db.conn.execute(
        """
        delete from project_members where account_id = :account
            and project_id in (select id from projects where workspace_id = :workspace)
        """,
        {"account": account_id, "workspace": workspace_id},
    )
    action = "member.left" if by == account_id else "member.removed"
    _record(db, workspace_id, action, account_id, f"was {gone[0]['role']}", by=by, now=now, way=way, ip=ip)


def remove_from_project(
    db: Db, project_id: str, account_id: str, *, by: str | None, now: int, way: str = "page", ip: str = ""
) -> None:
    """Take the account's role in the project; it stays a member of the workspace. Nothing happens if it has none.

    Raises NotFound for an unknown or deleted project.
    """
    workspace_id = _workspace_of(db, project_id)
    gone = rows(
        db,
        "delete from project_members where project_id = :project and account_id = :account returning role",
        project=project_id,
        account=account_id,
    )
    if gone:
        detail = f"was {gone[0]['role']} of project {project_id}"
        _record(db, workspace_id, "member.removed_from_project", account_id, detail, by=by, now=now, way=way, ip=ip)


def owners_of(db: Db, workspace_id: str) -> list[str]:
    """The account ids of the workspace's owners."""
    found = rows(
        db,
        "select account_id from members where workspace_id = :workspace and role = :owner",
        workspace=workspace_id,
        owner=WorkspaceRole.OWNER,
    )
    return [str(row["account_id"]) for row in found]


def _put(db: Db, workspace_id: str, account_id: str, role: WorkspaceRole, now: int) -> None:
    db.conn.execute(
        """
        insert into members (workspace_id, account_id, role, created_at) values (:workspace, :account, :role, :now)
        on conflict (workspace_id, account_id) do update set role = excluded.role
        """,
        {"workspace": workspace_id, "account": account_id, "role": role, "now": now},
    )


def _keep_an_owner(db: Db, workspace_id: str, account_id: str) -> None:
    """Raises Conflict if the account is the workspace's only owner. Safe because writes come one at a time."""
    if owners_of(db, workspace_id) == [account_id]:
        raise Conflict(LAST_OWNER)


def _known(db: Db, workspace_id: str, account_id: str) -> None:
    if not rows(db, "select id from workspaces where id = :id and deleted_at is null", id=workspace_id):
        raise NotFound("There is no workspace with this id.")
    if not rows(db, "select id from accounts where id = :id", id=account_id):
        raise NotFound("Nobody with this account has signed in yet.")


def _workspace_of(db: Db, project_id: str) -> str:
    found = rows(db, "select workspace_id from projects where id = :id and deleted_at is null", id=project_id)
    if not found:
        raise NotFound("There is no project with this id.")
    return str(found[0]["workspace_id"])


def _record(
    db: Db,
    workspace_id: str,
    action: str,
    account_id: str,
    detail: str,
    *,
    by: str | None,
    now: int,
    way: str,
    ip: str,
) -> None:
    audit.record(
        db,
        at=now,
        actor=by,
        way=way,
        action=action,
        subject=account_id,
        workspace_id=workspace_id,
        detail=detail,
        ip=ip,
    )
