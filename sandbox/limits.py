"""The limits that can be switched on: one commit at a time per namespace, and so many requests per stretch of time."""

import asyncio
import time
from collections import defaultdict, deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sandbox.behaviour import Behaviour


class Busy(Exception):
    """Another commit holds the namespace."""


class WriteLocks:
    """Which namespaces are being committed to at this moment."""

    def __init__(self, behaviour: Behaviour) -> None:
        self._behaviour = behaviour
        self._held: dict[str, int] = defaultdict(int)

    @asynccontextmanager
    async def commit(self, account_id: str, entries: int = 1) -> AsyncIterator[None]:
        """Hold a namespace for as long as a commit of so many entries takes, its own work included, refused or not.

        Busy when the lock is switched on and another commit has not ended.
        """
        if self._behaviour.write_lock and self._held[account_id]:
            raise Busy
        self._held[account_id] += 1
        until = time.monotonic() + self._behaviour.hold_of(entries) / 1000
        try:
            try:
                yield
            finally:
                await asyncio.sleep(max(until - time.monotonic(), 0))
        finally:
            self._held[account_id] -= 1
            if not self._held[account_id]:
                del self._held[account_id]


class RequestWindows:
    """How many requests came lately over each link of a person with an app. Refused ones count as well."""

    def __init__(self, behaviour: Behaviour) -> None:
        self._behaviour = behaviour
        self._seen: dict[tuple[str, str], deque[int]] = {}

    def take(self, account_id: str, app_key: str, now: int) -> int | None:
        """Count a request at `now` (ms); None when it is within the limit, else the whole seconds to wait."""
        limit, window = self._behaviour.request_limit, self._behaviour.request_window_seconds * 1000
        if not limit:
            self._seen.clear()
            return None
        seen = self._seen.setdefault((account_id, app_key), deque())
        while len(seen) > limit or (seen and seen[0] <= now - window):
            seen.popleft()
        full = len(seen) == limit
        seen.append(now)
        # With this one counted, the oldest that must leave before there is room is the second.
        return -((now - window - seen[1]) // 1000) if full else None
