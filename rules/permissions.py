"""Who may what: pure predicates over a person's standing, asked by handlers and templates alike.

Nothing here looks anything up, and nothing here knows of the site owner, who has no rights inside workspaces.
"""

from dataclasses import dataclass

from rules.states import ProjectRole, WorkspaceRole

_RANK: dict[WorkspaceRole | ProjectRole, int] = {
    WorkspaceRole.OWNER: 5,
    WorkspaceRole.ADMIN: 4,
    WorkspaceRole.MEMBER: 3,
    ProjectRole.EDITOR: 2,
    ProjectRole.VIEWER: 1,
}
_RUN_THE_WORKSPACE = (WorkspaceRole.OWNER, WorkspaceRole.ADMIN)


@dataclass(frozen=True)
class Standing:
    """What the caller is to one workspace, and to one project of it.

    `workspace_role` is None for a stranger; a `project_role` without it counts for nothing.
    `project_token` marks a project API token asking about its own project: it pushes results and reads the
    project, its experiences, results and exports, and its roles, if any, are ignored.
    """

    workspace_role: WorkspaceRole | None
    project_role: ProjectRole | None = None
    project_token: bool = False


STRANGER = Standing(workspace_role=None)
"""Somebody who is nothing to the workspace: sees nothing, may nothing."""


def project_role(standing: Standing) -> ProjectRole | None:
    """The role that counts in the project: workspace owners and admins are editors of every project."""
    if standing.project_token or standing.workspace_role is None:
        return None
    return ProjectRole.EDITOR if standing.workspace_role in _RUN_THE_WORKSPACE else standing.project_role


def _runs_workspace(standing: Standing) -> bool:
    return not standing.project_token and standing.workspace_role in _RUN_THE_WORKSPACE


def can_see_workspace(standing: Standing) -> bool:
    """See the workspace, its members, and the status of its connection."""
    return not standing.project_token and standing.workspace_role is not None


def can_connect(standing: Standing) -> bool:
    """Connect, disconnect and reconnect the workspace's Dropbox."""
    return _runs_workspace(standing)


def can_rename_workspace(standing: Standing) -> bool:
    """Give the workspace another name."""
    return _runs_workspace(standing)


def can_create_projects(standing: Standing) -> bool:
    """Make new projects in the workspace."""
    return _runs_workspace(standing)


def can_delete_project(standing: Standing) -> bool:
    """Delete a project of the workspace."""
    return _runs_workspace(standing)


def can_see_project(standing: Standing) -> bool:
    """See the project, its experiences, results and exports; without it the project is a 404."""
    return standing.project_token or project_role(standing) is not None


def can_see_project_settings(standing: Standing) -> bool:
    """See what a project token does not: the project's export settings, Connect tab and members."""
    return project_role(standing) is not None


def can_edit_project(standing: Standing) -> bool:
    """Rename the project; its experiences, export settings, test file; retry exports; delete results."""
    return project_role(standing) is ProjectRole.EDITOR


def can_push_results(standing: Standing) -> bool:
    """Push results into the project's experiences."""
    return standing.project_token or can_edit_project(standing)


def can_set_role(
    standing: Standing, current_role: WorkspaceRole | ProjectRole | None, new_role: WorkspaceRole | ProjectRole | None
) -> bool:
    """Move a member from one role to another, both below one's own; None is "no member" (invite, remove).

    Nobody reaches their own role or a higher one this way: an owner hands theirs on by transferring the workspace.
    """
    own = standing.workspace_role
    if own is None or not _runs_workspace(standing):
        return False
    return all(_RANK[role] < _RANK[own] for role in (current_role, new_role) if role is not None)


def can_invite(standing: Standing) -> bool:
    """Invite people to the workspace, see who is invited, and change who belongs to it and to its projects."""
    return _runs_workspace(standing)


def can_leave(standing: Standing, *, owners: int) -> bool:
    """Leave the workspace, which has so many owners: the last one hands it on or deletes it instead."""
    if standing.project_token or standing.workspace_role is None:
        return False
    return standing.workspace_role is not WorkspaceRole.OWNER or owners > 1


def can_hand_on(standing: Standing, to: WorkspaceRole | None) -> bool:
    """Make a member with that role the owner in one's own place."""
    return can_manage_workspace(standing) and to in (WorkspaceRole.ADMIN, WorkspaceRole.MEMBER)


def roles_to_give(standing: Standing) -> tuple[WorkspaceRole, ...]:
    """The workspace roles that this person may give to others, the highest first."""
    return tuple(role for role in WorkspaceRole if can_set_role(standing, None, role))


def higher(one: WorkspaceRole | None, other: WorkspaceRole) -> WorkspaceRole:
    """The role that counts for somebody who is given another one by an invitation: it takes no rank away."""
    return one if one is not None and _RANK[one] > _RANK[other] else other


def higher_in_project(one: ProjectRole | None, other: ProjectRole) -> ProjectRole:
    """The same for roles in a project."""
    return one if one is not None and _RANK[one] > _RANK[other] else other


def can_manage_workspace(standing: Standing) -> bool:
    """Transfer or delete the workspace."""
    return not standing.project_token and standing.workspace_role is WorkspaceRole.OWNER
