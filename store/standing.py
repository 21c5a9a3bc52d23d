"""Who asks, and what they are to a workspace and a project: the roles that every look-up through a person reads.

Roles are read from the tables at each request. What a standing allows is said in rules/permissions.py alone.
"""

from dataclasses import dataclass

from rules.permissions import STRANGER, Standing, can_edit_project
from rules.states import ProjectRole, WorkspaceRole
from store.connect import Db, rows


@dataclass(frozen=True)
class Asker:
    """A person on a page, or whoever an API token stands for.

    `project_id` is set for a project token: it reaches that one project, and only while its account can still
    edit it.
    """

    account_id: str
    project_id: str | None = None


def in_workspace(db: Db, asker: Asker, workspace_id: str) -> Standing:
    """What the asker is to the workspace. A project token is a stranger there; so is anybody to an unknown id."""
    if asker.project_id is not None:
        return STRANGER
    return Standing(workspace_role(db, asker.account_id, workspace_id))


def in_project(db: Db, asker: Asker, workspace_id: str, project_id: str) -> Standing:
    """What the asker is to a project of the workspace (the caller knows that it is one)."""
    own = Standing(workspace_role(db, asker.account_id, workspace_id), project_role(db, asker.account_id, project_id))
    if asker.project_id is None:
        return own
    if asker.project_id != project_id or not can_edit_project(own):
        return STRANGER
    return Standing(own.workspace_role, own.project_role, project_token=True)


def workspace_role(db: Db, account_id: str, workspace_id: str) -> WorkspaceRole | None:
    """The account's role in the workspace, be it deleted or not; None for who is no member."""
    found = rows(
        db,
        "select role from members where workspace_id = :workspace and account_id = :account",
        workspace=workspace_id,
        account=account_id,
    )
    return WorkspaceRole(str(found[0]["role"])) if found else None


def project_role(db: Db, account_id: str, project_id: str) -> ProjectRole | None:
    """The account's own role in the project; None for who has none."""
    found = rows(
        db,
        "select role from project_members where project_id = :project and account_id = :account",
        project=project_id,
        account=account_id,
    )
    return ProjectRole(str(found[0]["role"])) if found else None
