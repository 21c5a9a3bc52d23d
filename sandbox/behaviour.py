"""How the sandbox behaves when nothing is broken: lifetimes, latency and the namespace write lock. All adjustable."""

import asyncio
from dataclasses import dataclass, field, fields
from fnmatch import fnmatchcase
from typing import Any


@dataclass
class Behaviour:
    """Figures that the control API can change; milliseconds unless named otherwise. A restart forgets changes.

    `write_lock`: while one commit holds a namespace, other commits to it are refused with
    too_many_write_operations. `commit_hold` and `commit_hold_per_entry` are how long a commit takes.
    """

    access_token_seconds: int = 14_400
    code_seconds: int = 300
    latency: dict[str, int] = field(default_factory=dict)
    write_lock: bool = False
    commit_hold: int = 0
    commit_hold_per_entry: int = 0

    def latency_of(self, route: str) -> int:
        """The delay of one call before its work: the largest of the patterns that match its route."""
        return max((delay for pattern, delay in self.latency.items() if fnmatchcase(route, pattern)), default=0)

    def change(self, values: dict[str, Any]) -> None:
        """Set several figures at once; ValueError for an unknown name or a value of another kind."""
        kinds = {item.name: type(getattr(self, item.name)) for item in fields(self)}
        for name, value in values.items():
            if name not in kinds:
                raise ValueError(f"unknown: {name}; there are {', '.join(kinds)}")
            if type(value) is not kinds[name] or (isinstance(value, int) and value < 0):
                raise ValueError(f"{name} must be a {kinds[name].__name__}, not negative")
            if isinstance(value, dict) and not all(type(delay) is int and delay >= 0 for delay in value.values()):
                raise ValueError(f"{name} must map route patterns to milliseconds")
        for name, value in values.items():
            setattr(self, name, value)


class Busy(Exception):
    """Another commit holds the namespace."""


class WriteLocks:
    """Which namespaces are being committed to at this moment."""

    def __init__(self, behaviour: Behaviour) -> None:
        self._behaviour = behaviour
        self._held: set[str] = set()

    def take(self, account_id: str) -> None:
        """Begin a commit; Busy when the lock is switched on and another commit has not ended."""
        if self._behaviour.write_lock and account_id in self._held:
            raise Busy
        self._held.add(account_id)

    async def release(self, account_id: str, entries: int = 1) -> None:
        """End a commit after it has held the lock for as long as its entries take."""
        try:
            hold = self._behaviour.commit_hold + self._behaviour.commit_hold_per_entry * entries
            if hold:
                await asyncio.sleep(hold / 1000)
        finally:
            self._held.discard(account_id)
