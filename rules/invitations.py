"""Invitations to a workspace: how long one lasts, and whether it can be taken up. Rows and letters are elsewhere's."""

from enum import StrEnum

from rules.permissions import Standing, can_set_role
from rules.states import InvitationState, WorkspaceRole

LIFETIME_MS = 7 * 86_400_000


class Invited(StrEnum):
    """What an invitation is worth at a moment."""

    OPEN = "open"
    """It can be taken up."""
    EXPIRED = "expired"
    """Its seven days are over."""
    VOID = "void"
    """Whoever sent it may not give that role any more."""
    REPLACED = "replaced"
    """The same invitation has been sent again, with another link."""
    ACCEPTED = "accepted"
    WITHDRAWN = "withdrawn"
    GONE = "gone"
    """Its workspace has been deleted."""


def worth(
    state: InvitationState,
    *,
    role: WorkspaceRole,
    expires_at: int,
    inviter: Standing,
    workspace_deleted: bool,
    newest_link: bool,
    now: int,
) -> Invited:
    """What it is worth now. `inviter` is what its sender is today: roles are read afresh, an invitation keeps none."""
    if state is not InvitationState.OPEN:
        return Invited(state)
    if workspace_deleted:
        return Invited.GONE
    if not newest_link:
        return Invited.REPLACED
    if expires_at <= now:
        return Invited.EXPIRED
    return Invited.OPEN if can_set_role(inviter, None, role) else Invited.VOID
