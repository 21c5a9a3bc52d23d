"""What deleting an account means for a workspace, case by case."""

import pytest

from rules.account_deletion import Fate, Place
from rules.states import WorkspaceRole

OWNER, ADMIN, MEMBER = WorkspaceRole


@pytest.mark.parametrize(
    ("role", "others", "other_owners", "fate"),
    [
        (OWNER, 0, 0, Fate.GOES),
        (ADMIN, 0, 0, Fate.GOES),
        (MEMBER, 0, 0, Fate.GOES),
        (OWNER, 1, 0, Fate.BLOCKS),
        (OWNER, 9, 0, Fate.BLOCKS),
        (OWNER, 1, 1, Fate.STAYS),
        (ADMIN, 1, 0, Fate.STAYS),
        (ADMIN, 1, 1, Fate.STAYS),
        (MEMBER, 2, 1, Fate.STAYS),
    ],
)
def test_a_workspace_goes_with_its_only_member_and_blocks_while_others_need_an_owner(
    role: WorkspaceRole, others: int, other_owners: int, fate: Fate
):
    assert Place("w", "Studio", role, others, other_owners).fate is fate
