"""Lists of the people of a workspace and of a project, as their pages show them. Changing them is in members.py."""

from dataclasses import dataclass

from rules.states import ProjectRole, WorkspaceRole
from store.connect import Db, rows

_MATCHES = """
    (:pattern = '' or lower(a.email) like :pattern escape '\\' or lower(a.display_name) like :pattern escape '\\')
"""


@dataclass(frozen=True)
class Member:
    """An account's place in a workspace (`role` a WorkspaceRole) or in a project (a ProjectRole)."""

    account_id: str
    email: str
    display_name: str
    role: WorkspaceRole | ProjectRole
    since: int


@dataclass(frozen=True)
class ProjectPlace:
    """A member of the workspace as one of its projects sees them. `role` is their own there; None: they have none."""

    account_id: str
    email: str
    display_name: str
    workspace_role: WorkspaceRole
    role: ProjectRole | None

    @property
    def runs_workspace(self) -> bool:
        """Whether they edit every project of the workspace, whatever their role in this one."""
        return self.workspace_role is not WorkspaceRole.MEMBER

    @property
    def sees_it(self) -> bool:
        return self.runs_workspace or self.role is not None


def of_workspace(db: Db, workspace_id: str, *, search: str = "", most: int = -1) -> list[Member]:
    """The workspace's members: owners first, then admins, then members, each by name.

    `search` leaves those whose name or address has it in them.
    """
    found = rows(
        db,
        f"""
        select m.account_id, a.email, a.display_name, m.role, m.created_at
        from members m join accounts a on a.id = m.account_id
        where m.workspace_id = :workspace and {_MATCHES}
        order by case m.role when 'owner' then 1 when 'admin' then 2 else 3 end, lower(a.display_name), a.id
        limit :most
        """,  # noqa: S608 - a constant condition
        workspace=workspace_id,
        pattern=_pattern(search),
        most=most,
    )
    return [_member(row, WorkspaceRole(str(row["role"]))) for row in found]


def of_project(db: Db, project_id: str) -> list[Member]:
    """Who has a role of their own in the project: editors first, each by name.

    Owners and admins of the workspace edit every project and are not listed for that.
    """
    found = rows(
        db,
        """
        select m.account_id, a.email, a.display_name, m.role, m.created_at
        from project_members m join accounts a on a.id = m.account_id
        where m.project_id = :project
        order by case m.role when 'editor' then 1 else 2 end, lower(a.display_name), a.id
        """,
        project=project_id,
    )
    return [_member(row, ProjectRole(str(row["role"]))) for row in found]


def beside_project(
    db: Db, workspace_id: str, project_id: str, *, search: str = "", most: int = -1
) -> list[ProjectPlace]:
    """Every member of the workspace with their place in the project: who is in it first, who isn't last."""
    found = rows(
        db,
        f"""
        select m.account_id, a.email, a.display_name, m.role as workspace_role, p.role
        from members m join accounts a on a.id = m.account_id
        left join project_members p on p.project_id = :project and p.account_id = m.account_id
        where m.workspace_id = :workspace and {_MATCHES}
        order by case m.role when 'owner' then 1 when 'admin' then 2 else 3 end,
            case p.role when 'editor' then 1 when 'viewer' then 2 else 3 end, lower(a.display_name), a.id
        limit :most
        """,  # noqa: S608 - a constant condition
        workspace=workspace_id,
        project=project_id,
        pattern=_pattern(search),
        most=most,
    )
    return [
        ProjectPlace(
            account_id=str(row["account_id"]),
            email=str(row["email"]),
            display_name=str(row["display_name"]),
            workspace_role=WorkspaceRole(str(row["workspace_role"])),
            role=None if row["role"] is None else ProjectRole(str(row["role"])),
        )
        for row in found
    ]


def _pattern(search: str) -> str:
    """What LIKE looks for, lower-cased; '' matches everybody."""
    text = search.strip().lower()
    for special in ("\\", "%", "_"):
        text = text.replace(special, f"\\{special}")
    return f"%{text}%" if text else ""


def _member(row: dict[str, object], role: WorkspaceRole | ProjectRole) -> Member:
    return Member(
        str(row["account_id"]), str(row["email"]), str(row["display_name"]), role, int(str(row["created_at"]))
    )
