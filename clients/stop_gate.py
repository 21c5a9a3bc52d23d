"""The gate that every call which sends bytes or commits at Dropbox must enter, and that a stop closes.

It knows epochs and calls under way, in this process and in no other; the rows that a stop changes are the store's.
"""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field

CALLS_END_WITHIN_S = 2.0


class Stopped(Exception):
    """A person stopped this, or the program ends: no failure of anybody, and no try is spent on it."""


@dataclass(eq=False)
class Call:
    """A call that has entered the gate."""

    connection_id: str
    connection_epoch: int
    project_id: str | None
    settings_epoch: int
    _cuts: list[Callable[[], None]] = field(default_factory=list)
    _is_cut: bool = False
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def cuts(self, cut: Callable[[], None]) -> None:
        """Register how to end the call at once. `cut` must not block; a call that is cut already is cut on the spot."""
        with self._lock:
            self._cuts.append(cut)
            late = self._is_cut
        if late:
            cut()

    def cut(self) -> None:
        """End the call: what it registered runs, and so does whatever it registers later."""
        with self._lock:
            self._is_cut = True
            cuts = list(self._cuts)
        for cut in cuts:
            cut()

    def epoch_of(self, subject: "Subject") -> int | None:
        """The epoch under which the call runs for that subject; None when it has nothing to do with it."""
        if subject == ("connection", self.connection_id):
            return self.connection_epoch
        if subject == ("project", self.project_id):
            return self.settings_epoch
        return None


Subject = tuple[str, str | None]


@dataclass(eq=False)
class Stop:
    """A stop under way. Whoever stops sets `epoch` to the row's new one as soon as it is on disk.

    Without an epoch (something inside the project was deleted) every call of the subject is cut all the same, and
    those that this was not about are simply tried again.
    """

    subject: Subject
    epoch: int | None = None


class StopGate:
    """Made once by app.py for handlers and scheduler. `call` works in any thread; `stopping` in the event loop."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._calls: set[Call] = set()
        self._stops: set[Stop] = set()
        self._oldest: dict[Subject, int] = {}
        self._leavings: set[Callable[[], None]] = set()

    @contextmanager
    def call(
        self, connection_id: str, connection_epoch: int, project_id: str | None, settings_epoch: int
    ) -> Iterator[Call]:
        """Enter with the epochs that the row was claimed under; raises Stopped when they are over or being ended."""
        call = Call(connection_id, connection_epoch, project_id, settings_epoch)
        with self._lock:
            for subject in (("connection", connection_id), ("project", project_id)):
                epoch = call.epoch_of(subject)
                closed = any(stop.subject == subject for stop in self._stops)
                if closed or (epoch is not None and epoch < self._oldest.get(subject, epoch)):
                    raise Stopped(f"this {subject[0]} was stopped")
            self._calls.add(call)
        try:
            yield call
        finally:
            with self._lock:
                self._calls.discard(call)
                leavings = list(self._leavings)
            for left in leavings:
                left()

    def under_way(self) -> dict[str, int]:
        """The connections that calls are under way for, each with the oldest epoch that one of them entered under."""
        oldest: dict[str, int] = {}
        with self._lock:
            for call in self._calls:
                known = oldest.get(call.connection_id, call.connection_epoch)
                oldest[call.connection_id] = min(known, call.connection_epoch)
        return oldest

    @asynccontextmanager
    async def stopping(self, *, connection_id: str | None = None, project_id: str | None = None) -> AsyncIterator[Stop]:
        """Close the door of one connection or one project; the body writes the row and sets `stop.epoch`.

        On leaving, calls under older epochs are cut and awaited for at most two seconds (what is cut sends nothing
        more even if its thread takes longer), then the door opens for the new epoch. A body that fails before it
        set the epoch leaves everything as it was.
        """
        if (connection_id is None) == (project_id is None):
            raise ValueError("Name either the connection or the project that stops.")
        subject: Subject = ("connection", connection_id) if connection_id is not None else ("project", project_id)
        stop = Stop(subject)
        with self._lock:
            self._stops.add(stop)
        refused = False
        try:
            try:
                yield stop
            except Exception:
                refused = stop.epoch is None
                raise
            finally:
                # A cancelled body may have committed all the same, so that only a plain refusal spares the calls.
                if not refused:
                    await self._end_calls(stop)
        finally:
            with self._lock:
                self._stops.discard(stop)

    async def _end_calls(self, stop: Stop) -> None:
        with self._lock:
            if stop.epoch is not None:
                self._oldest[stop.subject] = max(stop.epoch, self._oldest.get(stop.subject, stop.epoch))
            ending = {call for call in self._calls if self._ends(stop, call)}
        for call in ending:
            call.cut()
        loop = asyncio.get_running_loop()
        changed = asyncio.Event()

        def left() -> None:
            loop.call_soon_threadsafe(changed.set)

        with self._lock:
            self._leavings.add(left)
        try:
            async with asyncio.timeout(CALLS_END_WITHIN_S):
                while ending & self._calls:
                    await changed.wait()
                    changed.clear()
        except TimeoutError:
            return
        finally:
            with self._lock:
                self._leavings.discard(left)

    @staticmethod
    def _ends(stop: Stop, call: Call) -> bool:
        epoch = call.epoch_of(stop.subject)
        return epoch is not None and (stop.epoch is None or epoch < stop.epoch)
