"""One Dropbox account's exports under way: data side by side, commits strictly one after the other.

Which exports, and how many at once, the dispatcher decides; how a try goes and ends is delivery.py's, commits.py's and
tries.py's part. All of it runs in the event loop.
"""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from typing import Any

from clients.dropbox import Dropbox, Metadata
from clients.dropbox_line import Line
from clients.dropbox_sessions import MOST_ENTRIES
from rules.width import Width
from scheduler.commits import Commits
from scheduler.delivery import Delivery
from scheduler.held import Ending, Held, Resting
from scheduler.tries import Tries

MOST_READY = 2 * MOST_ENTRIES
"""So many files may wait to be committed; then no more data is sent ahead."""


class Pump:
    """`freed` is called when a slot is free again, `roomy` when more may be sent ahead; `crowds` says whether others
    wait for what this account holds."""

    def __init__(
        self,
        tries: Tries,
        delivery: Delivery,
        commits: Commits,
        *,
        freed: Callable[[], None],
        roomy: Callable[[], None],
        crowds: Callable[[], bool],
    ) -> None:
        self._tries = tries
        self._delivery = delivery
        self._commits = commits
        self._freed = freed
        self._roomy = roomy
        self._crowds = crowds
        self._width = Width()
        self._sending = 0
        self._ready: list[Held] = []
        self._committing = False
        self._closing = False
        self._is_cut = False
        self._lines: set[Line] = set()
        self.tasks: set[asyncio.Task[None]] = set()

    @property
    def width(self) -> int:
        """How many uploads it can bear at once."""
        return self._width.now if len(self._ready) < MOST_READY else 0

    @property
    def is_idle(self) -> bool:
        return not self.tasks and not self._ready

    @property
    def is_forgettable(self) -> bool:
        """Whether a new pump would do as well."""
        return self.is_idle and self._width.is_full

    def begin(self, taken: Sequence[Held], *, alone: bool) -> None:
        """Take on claimed exports. `alone`: nothing else is due on this account.

        With nothing under way, the commit slot is free: one file goes by a single call, which holds it. Of several
        only a small one does, instead of a first commit with hardly anything in it while the others' data is sent.
        """
        first = min(taken, key=lambda held: held.claimed.size)
        rest = list(taken)
        if not (self._sending or self._ready or self._committing) and self._delivery.takes_one_call(first, alone=alone):
            rest.remove(first)
            self._committing = True
            self._sending += 1
            self._go(self._whole(first))
        for held in rest:
            self._sending += 1
            self._go(self._data(held))

    def close(self) -> None:
        """Large files go back after the chunk that they are at; the rest may finish."""
        self._closing = True

    def cut(self) -> None:
        """End all tries under way: they are given back."""
        self._is_cut = True
        for line in list(self._lines):
            line.cut()
        self._commit_next()

    def _go(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    async def _whole(self, held: Held) -> None:
        """One file by one call, which holds the commit slot."""
        try:
            ending = await self._try(held, self._delivery.whole)
        finally:
            self._committing = False
        self._commit_next()
        if ending is not None:
            await self._tries.write([(held, ending)])

    async def _data(self, held: Held) -> None:
        """One file's data; then it waits to be committed with others."""
        ending = await self._try(held, self._delivery.data)
        if ending is not None:
            await self._tries.write([(held, ending)])
            return
        self._ready.append(held)
        self._commit_next()

    async def _try(self, held: Held, way: Callable[..., Any]) -> Ending | None:
        async def work(dropbox: Dropbox, held: Held) -> Metadata | None:
            found: Metadata | None = await way(dropbox, held, self._go_on)
            return found

        self._lines.add(held.line)
        if self._is_cut:
            held.line.cut()
        try:
            ending = await self._tries.run(held, work)
        finally:
            self._lines.discard(held.line)
            self._sending -= 1
            self._freed()
        self._learn(held)
        return ending

    def _go_on(self, held: Held) -> None:
        """Before each call: whether it may begin. Works in any thread."""
        self._tries.check_rest(held)
        if held.session is not None and not held.is_sent and (self._closing or self._crowds()):
            raise Resting
        held.call_began_at = self._tries.now()

    def _learn(self, held: Held) -> None:
        if held.narrows:
            self._width.refused(began_at=held.call_began_at, now=self._tries.now())
        elif not held.failed:
            self._width.went_well()

    def _commit_next(self) -> None:
        """Commit whatever is ready, if nothing is being committed: no waiting for more."""
        if self._committing or not self._ready:
            return
        connection = self._ready[0].claimed.connection_id
        batch = [held for held in self._ready if held.claimed.connection_id == connection][:MOST_ENTRIES]
        taken = set(batch)
        self._ready = [held for held in self._ready if held not in taken]
        self._committing = True
        self._go(self._commit(batch))

    async def _commit(self, batch: list[Held]) -> None:
        line = Line()
        self._lines.add(line)
        if self._is_cut:
            line.cut()
        resting = [held for held in batch if self._rests(held)]
        may_go = [held for held in batch if held not in resting]
        try:
            ended = await self._commits.finish(may_go, line) if may_go else []
        finally:
            self._lines.discard(line)
            self._committing = False
        for held in [held for held, _ in ended if held.narrows][:1]:
            self._learn(held)
        self._commit_next()
        self._roomy()
        await self._tries.write([*ended, *((held, self._tries.given_back(held)) for held in resting)])

    def _rests(self, held: Held) -> bool:
        try:
            self._tries.check_rest(held)
        except Resting:
            return True
        return False
