"""The sandbox's clock: the machine's time plus an offset that the control API can move forward."""

import time

from sandbox.database import Database


class Clock:
    """Milliseconds since 1970, UTC. The offset outlives a restart, so that what had expired stays expired."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self.offset = int(db.setting("clock_offset") or 0)

    def now(self) -> int:
        """The sandbox's time in integer milliseconds UTC."""
        return time.time_ns() // 1_000_000 + self.offset

    def forward(self, milliseconds: int) -> None:
        """Move the clock ahead; it never goes back (ids, revisions and expiry rely on that)."""
        if milliseconds < 0:
            raise ValueError("the clock only moves forward")
        self.offset += milliseconds
        self._db.set_setting("clock_offset", str(self.offset))

    def forget_offset(self) -> None:
        """Back to the machine's time; only a reset, which removes everything that was dated, does this."""
        self.offset = 0
        self._db.set_setting("clock_offset", "0")
