"""Who may go next: the Dropbox accounts with something due, in a ring, a bounded number of them at once.

What is done in a turn is pump.py's part. Nothing is remembered here that the rows don't know.
"""

import asyncio
import time
from collections import deque
from collections.abc import Callable

import structlog

from scheduler.pump import Pump
from store import claims
from store.database import Database

log = structlog.get_logger("dispatcher")

SLOTS = 16
LONGEST_SLEEP_S = 60.0
AFTER_TROUBLE_S = 1.0
NOTHING_DUE_S = 0.05
# So that looking for work takes at most a quarter of the time, however often the bell rings.
REST = 3


class Dispatcher:
    """Sleeps until the bell rings or something falls due. `bell` is set by every commit and by the clock."""

    def __init__(self, database: Database, pump: Pump, bell: asyncio.Event, now: Callable[[], int]) -> None:
        self._database = database
        self._pump = pump
        self._bell = bell
        self._now = now
        self._ring: deque[str] = deque()
        self._running: dict[str, asyncio.Task[None]] = {}
        self._closing = False
        self._looked_at = time.monotonic()

    async def run(self) -> None:
        """Until `close`: look, let go whoever may, sleep."""
        while not self._closing:
            self._bell.clear()
            try:
                sleep_s = await self._look()
            except Exception:
                log.exception("looking for work failed")
                sleep_s = AFTER_TROUBLE_S
                await asyncio.sleep(AFTER_TROUBLE_S)
            try:
                async with asyncio.timeout(sleep_s):
                    await self._bell.wait()
            except TimeoutError:
                continue

    def close(self) -> None:
        """Claim nothing more."""
        self._closing = True
        self._ring.clear()
        self._bell.set()

    async def drain(self, *, finish_s: float, cut_s: float) -> None:
        """After `close`: let what is under way finish, then cut it, then leave it to recovery."""
        await self._ended(finish_s)
        self._pump.cut()
        await self._ended(cut_s)
        for task in self._running.values():
            task.cancel()
        await asyncio.gather(*self._running.values(), return_exceptions=True)

    def idle_s(self) -> float:
        """Seconds since it last looked for work."""
        return time.monotonic() - self._looked_at

    async def _ended(self, seconds: float) -> None:
        if self._running:
            await asyncio.wait(self._running.values(), timeout=seconds)

    async def _look(self) -> float:
        """Admit the accounts whose time has come; seconds until the next one's."""
        began = time.monotonic()
        turns = await self._database.read(claims.due_accounts)
        self._looked_at = time.monotonic()
        now = self._now()
        for turn in turns:
            if turn.at <= now and turn.account not in self._running and turn.account not in self._ring:
                self._ring.append(turn.account)
        self._fill()
        await asyncio.sleep(REST * (self._looked_at - began))
        later = [turn.at - now for turn in turns if turn.at > now]
        return min([LONGEST_SLEEP_S, *(wait / 1000 for wait in later)])

    def _fill(self) -> None:
        while self._ring and len(self._running) < SLOTS and not self._closing:
            account = self._ring.popleft()
            task = asyncio.create_task(self._turns(account))
            self._running[account] = task
            task.add_done_callback(lambda _, account=account: self._leave(account))  # type: ignore[misc]

    async def _turns(self, account: str) -> None:
        """Turn after turn while nobody waits for the slot; else one, and again at the end of the ring."""
        turns = 0
        try:
            while not self._closing and await self._pump.turn(account):
                turns += 1
                if self._ring:
                    self._ring.append(account)
                    return
            if not turns:
                # It was due a moment ago: a clock that was set back must not make this a race.
                await asyncio.sleep(NOTHING_DUE_S)
        except Exception:
            log.exception("a turn broke")
            await asyncio.sleep(AFTER_TROUBLE_S)

    def _leave(self, account: str) -> None:
        del self._running[account]
        self._fill()
        self._bell.set()
