"""How the sandbox behaves when nothing is broken: lifetimes, latency, limits. All adjustable."""

from dataclasses import dataclass, field, fields
from fnmatch import fnmatchcase
from typing import Any

CHOICES = {"refusal_format": ("json", "text")}


@dataclass
class Behaviour:
    """Figures that the control API can change; milliseconds unless named otherwise. A restart forgets changes.

    `write_lock`: while one commit holds a namespace, other commits to it are refused with
    too_many_write_operations and `lock_retry_after` (seconds). A commit takes `commit_hold`, and
    `commit_hold_per_entry` more for each entry after its first. Batches of `job_entries` or more become jobs,
    which begin after `job_delay`. One move, copy or deletion may take `most_nodes` files and folders along.
    A longpoll takes up to `longpoll_jitter` more than it asks for, and answers with `longpoll_backoff_seconds` unless
    that is 0. A webhook is told of changes after `webhook_delay`, and again after `webhook_retry`, then twice that, and
    so on, while it fails. `request_limit` (0: none) is how many requests a person's link with an app may make in any
    `request_window_seconds`, refused ones included. `refusal_format`: whether both kinds of refusal come as JSON or
    as plain text.
    """

    access_token_seconds: int = 14_400
    code_seconds: int = 300
    latency: dict[str, int] = field(default_factory=dict)
    write_lock: bool = False
    lock_retry_after: int = 1
    commit_hold: int = 0
    commit_hold_per_entry: int = 0
    job_entries: int = 20
    job_delay: int = 0
    most_nodes: int = 10_000
    longpoll_jitter: int = 90_000
    longpoll_backoff_seconds: int = 0
    webhook_delay: int = 200
    webhook_retry: int = 1_000
    request_limit: int = 0
    request_window_seconds: int = 60
    refusal_format: str = "json"

    def latency_of(self, route: str) -> int:
        """The delay of one call before its work: the largest of the patterns that match its route."""
        return max((delay for pattern, delay in self.latency.items() if fnmatchcase(route, pattern)), default=0)

    def hold_of(self, entries: int) -> int:
        """How long a commit of so many entries takes."""
        return self.commit_hold + self.commit_hold_per_entry * max(entries - 1, 0)

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
            if name in CHOICES and value not in CHOICES[name]:
                raise ValueError(f"{name} must be one of {', '.join(CHOICES[name])}")
        for name, value in values.items():
            setattr(self, name, value)
