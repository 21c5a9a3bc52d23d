"""Who hears of changes while they happen: calls that wait for one, and whoever passes them on."""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager

Listener = Callable[[str, str], None]


class Bell:
    """Rings at every change to a tree, with the account and the lower-cased path. Hearing it decides nothing yet:

    the change may still be undone, so that a waiter looks for itself afterwards.
    """

    def __init__(self) -> None:
        self._waiting: dict[str, set[asyncio.Event]] = defaultdict(set)
        self.listeners: list[Listener] = []

    def ring(self, account_id: str, path: str) -> None:
        """Something at a path changes."""
        for event in self._waiting.get(account_id, ()):
            event.set()
        for listener in self.listeners:
            listener(account_id, path)

    def wake(self) -> None:
        """Let everybody who waits look again: the clock has moved, or cursors were made invalid."""
        for events in self._waiting.values():
            for event in events:
                event.set()

    @contextmanager
    def listening(self, account_id: str) -> Iterator[asyncio.Event]:
        """An event that is set at each change to a person's tree; clear it before you look."""
        event = asyncio.Event()
        self._waiting[account_id].add(event)
        try:
            yield event
        finally:
            self._waiting[account_id].discard(event)
            if not self._waiting[account_id]:
                del self._waiting[account_id]
