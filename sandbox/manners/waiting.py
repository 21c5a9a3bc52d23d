"""Waiting when told to, and not asking again and again: the rules `too_early` and `polling`."""

import json
from collections import OrderedDict, deque
from collections.abc import Iterator

from sandbox.history import Entry
from sandbox.manners.finding import COMMITTING, GRACE_MS, Finding, Manner, Seen

TOKEN_ROUTE = "oauth2/token"  # noqa: S105 - an address
LEAVING = "auth/token/revoke"
# Clocks are read in whole milliseconds on both sides.
TOLERANCE_MS = 20
READING = (
    "check/user",
    "users/get_current_account",
    "users/get_space_usage",
    "files/get_metadata",
    "files/list_folder",
    "files/list_folder/continue",
    "files/list_revisions",
    "files/search_v2",
)
OFTEN = 10
WINDOW_MS = 60_000
REMEMBERED = 2_000


class TooEarly(Manner):
    """Calling before the time that Retry-After named has passed.

    A rate limit of the API binds every call of the same grant, a held namespace its commits, a busy token endpoint
    its own calls.
    """

    def __init__(self) -> None:
        self._closed: dict[tuple[object, str], tuple[Entry, int, int]] = {}

    @staticmethod
    def _scopes(entry: Entry) -> tuple[str, ...]:
        if entry.route == TOKEN_ROUTE:
            return ("token",)
        if entry.route == LEAVING:
            return ()
        return ("all", "commit") if entry.route in COMMITTING else ("all",)

    def begins(self, seen: Seen) -> Iterator[Finding]:
        for scope in self._scopes(seen.entry):
            refused, told, until = self._closed.get((seen.entry.grant, scope), (None, 0, 0))
            if refused is not None and told + GRACE_MS < seen.began < until - TOLERANCE_MS:
                left = (until - seen.began) / 1000
                text = (
                    f"{seen.entry.route} was called {left:.1f} s before the Retry-After of {refused.route} had passed"
                )
                yield Finding("too_early", text, (refused, seen.entry))
                return

    def ends(self, seen: Seen) -> Iterator[Finding]:
        entry = seen.entry
        if entry.retry_after is not None and entry.grant is not None:
            locked = (entry.error or "").startswith("too_many_write_operations")
            scope = "token" if entry.route == TOKEN_ROUTE else "commit" if locked else "all"
            until = seen.now + entry.retry_after * 1000
            if until > self._closed.get((entry.grant, scope), (None, 0, 0))[2]:
                self._closed[entry.grant, scope] = (entry, seen.now, until)
        yield from ()


class Polling(Manner):
    """Asking the same thing over and over: there are cursors, longpoll and webhooks to hear of changes."""

    def __init__(self) -> None:
        self._asked: OrderedDict[tuple[int, str, str], deque[tuple[int, Entry]]] = OrderedDict()

    def ends(self, seen: Seen) -> Iterator[Finding]:
        entry = seen.entry
        if entry.route not in READING or entry.grant is None or entry.status not in (200, 409):
            return
        key = (entry.grant, entry.route, json.dumps(seen.argument, sort_keys=True))
        asked = self._asked.setdefault(key, deque())
        self._asked.move_to_end(key)
        if len(self._asked) > REMEMBERED:
            self._asked.popitem(last=False)
        while asked and asked[0][0] <= seen.now - WINDOW_MS:
            asked.popleft()
        asked.append((seen.now, entry))
        if len(asked) > OFTEN:
            text = f"{entry.route} was asked the same {len(asked)} times within a minute"
            yield Finding("polling", text, tuple(one for _, one in asked))
            asked.clear()
