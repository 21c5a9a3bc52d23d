"""How many uploads to one Dropbox account may go side by side: halved when Dropbox refuses, widened slowly.

Additive increase, multiplicative decrease, as TCP does it; a figure that is learnt anew after a restart.
"""

from dataclasses import dataclass

MOST = 16
WIDER_AFTER = 20


@dataclass
class Width:
    """`now` uploads at once, from 1 to `most`. Times are milliseconds UTC."""

    most: int = MOST
    now: int = MOST
    _went_well: int = 0
    _halved_at: int = -1

    @property
    def is_full(self) -> bool:
        """Whether there is nothing to remember."""
        return self.now == self.most

    def went_well(self) -> None:
        """Dropbox took an upload: after twenty of them, one more may go beside the others."""
        self._went_well += 1
        if self._went_well >= WIDER_AFTER:
            self._went_well = 0
            self.now = min(self.now + 1, self.most)

    def refused(self, *, began_at: int, now: int) -> None:
        """Dropbox asked for less. Of many calls that were under way together, only the first one halves."""
        self._went_well = 0
        if began_at > self._halved_at:
            self.now = max(self.now // 2, 1)
            self._halved_at = now
