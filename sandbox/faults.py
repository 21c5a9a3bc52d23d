"""Fault rules: what goes wrong, for which calls, how often. Only the choosing: misbehaving carries it out."""

import asyncio
import itertools
import math
import random
import time
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any

from sandbox.history import Entry


@dataclass
class Rule:
    """One fault. A call is hit when every filter that is set matches and the count or the chance says so.

    Filters: `route` and `path` are patterns with `*`; `person` an address or account id; `app` a key.
    Counting, over the calls that match: `nth` the positions hit (from 1), `every` each so many-th, `probability`
    with `seed`; `times` ends the rule after so many hits, `for_seconds` after so long. `when`: before the work, or
    after it was done and kept. `note` says what the rule is for.
    """

    kind: str
    route: str = "*"
    person: str | None = None
    app: str | None = None
    path: str | None = None
    nth: list[int] | None = None
    every: int | None = None
    probability: float | None = None
    seed: int = 0
    times: int | None = None
    for_seconds: float | None = None
    when: str = "before"
    note: str | None = None
    details: dict[str, Any] = field(default_factory=dict)
    id: int = 0
    matched: int = 0
    hits: int = 0
    cleared: asyncio.Event = field(default_factory=asyncio.Event)
    _dice: random.Random = field(default_factory=random.Random)
    _made: float = field(default_factory=time.monotonic)

    def __post_init__(self) -> None:
        self._dice = random.Random(self.seed)  # noqa: S311 - repeatable on purpose

    def seconds_left(self) -> float | None:
        """How long the rule stays in force by itself; None when nothing but its clearing ends it."""
        return None if self.for_seconds is None else max(self._made + self.for_seconds - time.monotonic(), 0)

    def seconds_to_wait(self) -> int:
        """The Retry-After of a rate limit: as given, else until the rule ends, else a second."""
        left = self.seconds_left()
        return int(self.details.get("retry_after", 1 if left is None else math.ceil(left)))

    def strikes_entry(self, position: int) -> bool:
        """Whether one entry of a batch that is struck fails: those named by position, or each by chance, or all."""
        named = self.details.get("entries")
        chance = self.details.get("entry_probability")
        return (named is None or position in named) and (chance is None or self._dice.random() < chance)

    def due(self) -> bool:
        """Count one matching call; whether it is this one's turn to be hit."""
        self.matched += 1
        return (
            (self.nth is None or self.matched in self.nth)
            and (self.every is None or self.matched % self.every == 0)
            and (self.probability is None or self._dice.random() < self.probability)
            and (self.times is None or self.hits < self.times)
        )

    def matches(self, call: "Target") -> bool:
        """Whether a call passes every filter."""
        return (
            fnmatchcase(call.route, self.route)
            and (
                self.person is None
                or self.person.lower() in ((call.email or "").lower(), (call.account_id or "").lower())
            )
            and (self.app is None or self.app == call.app)
            and (self.path is None or any(fnmatchcase(path.lower(), self.path.lower()) for path in call.paths))
        )

    def shown(self) -> dict[str, Any]:
        """The rule as the control API lists it."""
        hidden = ("cleared", "details")
        shown = {name: value for name, value in vars(self).items() if name not in hidden and name[0] != "_"}
        return {**shown, "seconds_left": self.seconds_left(), **self.details}


@dataclass(frozen=True)
class Target:
    """What is known of a call when rules are asked."""

    route: str
    email: str | None = None
    account_id: str | None = None
    app: str | None = None
    paths: tuple[str, ...] = ()


class FaultBook:
    """The rules in force, oldest first. They live in memory: a restart of the sandbox begins without faults."""

    def __init__(self) -> None:
        self._rules: list[Rule] = []
        self._numbers = itertools.count(1)

    def add(self, rule: Rule) -> Rule:
        """Put a rule in force."""
        rule.id = next(self._numbers)
        self._rules.append(rule)
        return rule

    def rules(self) -> list[Rule]:
        """Every rule in force; those whose time is over end here."""
        for rule in [rule for rule in self._rules if rule.seconds_left() == 0]:
            self._end(rule)
        return list(self._rules)

    def _end(self, rule: Rule) -> None:
        self._rules.remove(rule)
        rule.cleared.set()

    def clear(self, rule_id: int | None = None) -> int:
        """End one rule or all; calls that hang because of it are let go. The number ended."""
        ended = [rule for rule in self._rules if rule_id in (None, rule.id)]
        for rule in ended:
            self._end(rule)
        return len(ended)

    def choose_for(self, entry: Entry) -> Rule | None:
        """The rule that hits the call of a history entry, and is noted there."""
        rule = self.choose(Target(entry.route, entry.email, entry.account_id, entry.app, tuple(entry.paths)))
        entry.fault = None if rule is None else rule.id
        return rule

    def choose(self, call: Target) -> Rule | None:
        """The first rule that hits a call. Every rule that matches counts the call, hit or not."""
        due = [rule for rule in self.rules() if rule.matches(call) and rule.due()]
        if not due:
            return None
        due[0].hits += 1
        return due[0]
