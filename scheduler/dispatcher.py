"""Who may go next: looks for the Dropbox accounts with something due, and hands out slots as rules/fairness.py plans.

What is done with a slot is pump.py's part. Nothing is remembered here that the rows don't know.
"""

import asyncio
import time
from collections.abc import Callable
from functools import partial

import structlog

from rules.fairness import SLOTS, Grant, Ring, cost
from rules.width import MOST
from scheduler.commits import Commits
from scheduler.delivery import Delivery
from scheduler.pump import Pump
from scheduler.tries import Tries
from store import turns
from store.database import Database

log = structlog.get_logger("dispatcher")

LONGEST_SLEEP_S = 60.0
AFTER_TROUBLE_S = 1.0
NOTHING_DUE_S = 0.05
# So that looking for work takes at most a quarter of the time, however often the bell rings.
REST = 3


class Dispatcher:
    """Sleeps until the bell rings or something falls due. `bell` is set by every commit and by the clock."""

    def __init__(
        self,
        database: Database,
        tries: Tries,
        delivery: Delivery,
        commits: Commits,
        bell: asyncio.Event,
        now: Callable[[], int],
    ) -> None:
        self._database = database
        self._tries = tries
        self._delivery = delivery
        self._commits = commits
        self._bell = bell
        self._now = now
        self._ring = Ring(SLOTS)
        self._room = asyncio.Event()
        self._pumps: dict[str, Pump] = {}
        self._claimed_from: set[str] = set()
        self._empty: dict[str, float] = {}
        self._closing = False
        self._looked_at = time.monotonic()

    async def run(self) -> None:
        """Until `close`: look who has something due, and hand out slots beside that."""
        handing_out = asyncio.create_task(self._hand_out())
        try:
            await self._keep_looking()
        finally:
            self._room.set()
            await handing_out

    def close(self) -> None:
        """Claim nothing more."""
        self._closing = True
        for pump in self._pumps.values():
            pump.close()
        self._bell.set()
        self._room.set()

    async def drain(self, *, finish_s: float, cut_s: float) -> None:
        """After `close`: let what is under way finish, then cut it, then leave it to recovery."""
        await self._ended(finish_s)
        for pump in self._pumps.values():
            pump.cut()
        await self._ended(cut_s)
        tasks = [task for pump in self._pumps.values() for task in pump.tasks]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def idle_s(self) -> float:
        """Seconds since it last looked for work."""
        return time.monotonic() - self._looked_at

    async def _ended(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        while tasks := [task for pump in self._pumps.values() for task in pump.tasks]:
            left = until - time.monotonic()
            if left <= 0:
                return
            await asyncio.wait(tasks, timeout=left, return_when=asyncio.FIRST_COMPLETED)

    async def _keep_looking(self) -> None:
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

    async def _look(self) -> float:
        """Tell the ring who has something due; seconds until somebody else has."""
        began = time.monotonic()
        self._claimed_from.clear()
        found = await self._database.read(turns.due_accounts)
        self._looked_at = time.monotonic()
        now = self._now()
        # What was read before a claim says nothing about the account any more; the claim's commit rang the bell.
        known = [turn for turn in found if turn.account not in self._claimed_from]
        self._empty = {name: at for name, at in self._empty.items() if self._looked_at - at < NOTHING_DUE_S}
        self._ring.due(
            {turn.account for turn in known if turn.at <= now and turn.account not in self._empty}
            | {account for account in self._claimed_from if self._ring.is_due(account)}
        )
        self._room.set()
        await asyncio.sleep(REST * (self._looked_at - began))
        later = [(turn.at - now) / 1000 for turn in known if turn.at > now]
        return min([LONGEST_SLEEP_S, *later, *([NOTHING_DUE_S] if self._empty else [])])

    async def _hand_out(self) -> None:
        while not self._closing:
            await self._room.wait()
            self._room.clear()
            try:
                while not self._closing and (grant := self._ring.next(self._width)) is not None:
                    await self._give(grant)
            except Exception:
                log.exception("claiming failed")
                await asyncio.sleep(AFTER_TROUBLE_S)
                self._bell.set()
                self._room.set()

    async def _give(self, grant: Grant) -> None:
        taken = await self._tries.take(grant.account, most=grant.files, budget=grant.budget)
        sizes = [held.claimed.size for held in taken]
        self._ring.claimed(grant.account, sizes)
        self._claimed_from.add(grant.account)
        is_all = len(taken) < grant.files and sum(map(cost, sizes)) < grant.budget
        if is_all:
            self._ring.nothing_due(grant.account)
        if not taken:
            # It was due a moment ago: a clock that was set back must not make this a race.
            self._empty[grant.account] = time.monotonic()
            return
        pump = self._pump(grant.account)
        if self._closing:
            pump.close()
        pump.begin(taken, alone=is_all and len(taken) == 1)

    def _pump(self, account: str) -> Pump:
        for name in [name for name, pump in self._pumps.items() if name != account and pump.is_forgettable]:
            del self._pumps[name]
        if account not in self._pumps:
            self._pumps[account] = Pump(
                self._tries,
                self._delivery,
                self._commits,
                freed=partial(self._freed, account),
                roomy=self._room.set,
                crowds=partial(self._ring.is_crowding, account),
            )
        return self._pumps[account]

    def _width(self, account: str) -> int:
        pump = self._pumps.get(account)
        return MOST if pump is None else pump.width

    def _freed(self, account: str) -> None:
        self._ring.freed(account)
        self._room.set()
