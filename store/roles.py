"""Roles that people change on pages: given, taken, left and handed on, each permitted by the roles of that moment.

What a change does to the rows is in members.py, which the command uses, too.
"""

from rules.permissions import can_hand_on, can_leave, can_set_role
from rules.states import ProjectRole, WorkspaceRole
from store import admission, audit, members, standing
from store.connect import Db
from store.errors import Conflict, Invalid, NotFound, NotPermitted
from store.members import LAST_OWNER
from store.standing import Asker

BELOW_ONLY = "Only owners and admins may do this, and only with people and roles below their own."
OWNERS_ONLY = "Only an owner may hand the workspace on."


def change(db: Db, workspace_id: str, account_id: str, role: WorkspaceRole, *, by: str, now: int, ip: str = "") -> None:
    """Give a member another role. NotPermitted unless both are below that of `by`, NotFound for who is no member."""
    current = _role(db, workspace_id, account_id)
    if not can_set_role(standing.in_workspace(db, Asker(by), workspace_id), current, role):
        raise NotPermitted(BELOW_ONLY)
    members.set_role(db, workspace_id, account_id, role, by=by, now=now, ip=ip)


def remove(db: Db, workspace_id: str, account_id: str, *, by: str, now: int, ip: str = "") -> None:
    """Take a member out of the workspace and its projects. NotPermitted unless their role is below that of `by`."""
    current = _role(db, workspace_id, account_id)
    if not can_set_role(standing.in_workspace(db, Asker(by), workspace_id), current, None):
        raise NotPermitted(BELOW_ONLY)
    members.remove(db, workspace_id, account_id, by=by, now=now, ip=ip)


def change_in_project(
    db: Db, workspace_id: str, project_id: str, account_id: str, role: ProjectRole | None, *, by: str, now: int, ip: str
) -> None:
    """Give a member of the workspace a role in one of its projects; None takes it. The caller knows the project's.

    NotPermitted for those who don't run the workspace, NotFound for who is no member, Conflict for who runs it too:
    they edit every project.
    """
    own = standing.in_workspace(db, Asker(by), workspace_id)
    if not can_set_role(own, None, role or ProjectRole.VIEWER):
        raise NotPermitted("Only owners and admins of the workspace may change who is in its projects.")
    if _role(db, workspace_id, account_id) is not WorkspaceRole.MEMBER:
        raise Conflict("Owners and admins of the workspace edit every project of it.")
    if role is None:
        members.remove_from_project(db, project_id, account_id, by=by, now=now, ip=ip)
    else:
        members.set_project_role(db, project_id, account_id, role, by=by, now=now, ip=ip)


def leave(db: Db, workspace_id: str, *, by: str, owner: str | None, now: int, ip: str = "") -> None:
    """End one's own membership. Conflict for the last owner, NotFound for who is no member.

    `owner` is the site owner's account id.
    """
    own = standing.in_workspace(db, Asker(by), workspace_id)
    if own.workspace_role is None:
        raise NotFound
    if not can_leave(own, owners=count_owners(db, workspace_id, owner=owner, now=now)):
        raise Conflict(LAST_OWNER)
    members.remove(db, workspace_id, by, by=by, now=now, ip=ip)


def hand_on(db: Db, workspace_id: str, to: str, *, by: str, now: int, ip: str = "") -> None:
    """Make a member the owner in one's own place; whoever hands on stays as an admin.

    NotPermitted for who is no owner, Invalid for `account` that is no member below.
    """
    found = standing.workspace_role(db, to, workspace_id)
    own = standing.in_workspace(db, Asker(by), workspace_id)
    if own.workspace_role is not WorkspaceRole.OWNER:
        raise NotPermitted(OWNERS_ONLY)
    if not can_hand_on(own, found):
        raise Invalid({"account": "Choose an admin or a member of the workspace."})
    members.set_role(db, workspace_id, to, WorkspaceRole.OWNER, by=by, now=now, ip=ip)
    members.set_role(db, workspace_id, by, WorkspaceRole.ADMIN, by=by, now=now, ip=ip)
    audit.record(
        db,
        at=now,
        actor=by,
        way="page",
        action="workspace.handed_on",
        subject=to,
        workspace_id=workspace_id,
        ip=ip,
    )


def count_owners(db: Db, workspace_id: str, *, owner: str | None, now: int) -> int:
    """How many owners the workspace has who can still come here: one whose access ended minds nothing."""
    return sum(
        admission.is_admitted(db, account_id, owner=owner, now=now)
        for account_id in members.owners_of(db, workspace_id)
    )


def _role(db: Db, workspace_id: str, account_id: str) -> WorkspaceRole:
    role = standing.workspace_role(db, account_id, workspace_id)
    if role is None:
        raise NotFound("This account is no member of the workspace.")
    return role
