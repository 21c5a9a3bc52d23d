"""What an invitation is worth: state, workspace, link, time and its sender's standing, in that order."""

import pytest

from rules.invitations import LIFETIME_MS, Invited, worth
from rules.permissions import STRANGER, Standing
from rules.states import InvitationState, WorkspaceRole

OWNER, ADMIN, PLAIN = (Standing(role) for role in WorkspaceRole)
OPEN, ACCEPTED, WITHDRAWN = InvitationState
USUAL = {
    "state": OPEN,
    "role": WorkspaceRole.MEMBER,
    "expires_at": 100,
    "inviter": ADMIN,
    "workspace_deleted": False,
    "newest_link": True,
    "now": 99,
}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, Invited.OPEN),
        ({"now": 100}, Invited.EXPIRED),
        ({"inviter": OWNER, "role": WorkspaceRole.ADMIN}, Invited.OPEN),
        ({"role": WorkspaceRole.ADMIN}, Invited.VOID),
        ({"inviter": PLAIN}, Invited.VOID),
        ({"inviter": STRANGER}, Invited.VOID),
        ({"newest_link": False}, Invited.REPLACED),
        ({"newest_link": False, "now": 100}, Invited.REPLACED),
        ({"workspace_deleted": True, "now": 100, "inviter": STRANGER}, Invited.GONE),
        ({"state": ACCEPTED, "now": 100, "inviter": STRANGER, "workspace_deleted": True}, Invited.ACCEPTED),
        ({"state": WITHDRAWN, "newest_link": False}, Invited.WITHDRAWN),
    ],
)
def test_the_first_thing_that_stands_in_the_way_is_named(changes: dict[str, object], expected: Invited):
    assert worth(**{**USUAL, **changes}) is expected  # type: ignore[arg-type]


def test_an_invitation_lasts_seven_days():
    assert LIFETIME_MS == 7 * 24 * 3600 * 1000
