"""Whether somebody may delete their account, and what becomes of each of their workspaces: looked up elsewhere."""

from dataclasses import dataclass
from enum import StrEnum

from rules.states import WorkspaceRole


class Fate(StrEnum):
    """What deleting one's account means for a workspace that one is in."""

    STAYS = "stays"
    """Others own it: it goes on without this person."""
    GOES = "goes"
    """Nobody else is in it: it is deleted with the account, and its exports stop."""
    BLOCKS = "blocks"
    """Others are in it and nobody else owns it: it has to be handed on or deleted first."""


@dataclass(frozen=True)
class Place:
    """A workspace with one's role in it. `other_owners` are those who can still come here."""

    workspace_id: str
    name: str
    role: WorkspaceRole
    others: int
    other_owners: int

    @property
    def fate(self) -> Fate:
        """What deleting the account means for it."""
        if self.others == 0:
            return Fate.GOES
        if self.role is WorkspaceRole.OWNER and self.other_owners == 0:
            return Fate.BLOCKS
        return Fate.STAYS
