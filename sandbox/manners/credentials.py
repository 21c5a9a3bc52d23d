"""Care with tokens: the rules `needless_refresh`, `dead_token`, `token_in_url`."""

from collections import OrderedDict, deque
from collections.abc import Iterator
from urllib.parse import parse_qsl

from sandbox.history import Entry
from sandbox.manners.finding import GRACE_MS, Finding, Manner, Seen
from sandbox.manners.waiting import TOKEN_ROUTE

PLENTY_MS = 600_000
HOUR_MS = 3_600_000
FEW = 3
REMEMBERED = 20_000
SECRET_NAMES = ("authorization", "access_token", "refresh_token", "client_secret", "code_verifier")
OURS = "sl.u."


class NeedlessRefresh(Manner):
    """Making a habit of fetching access tokens while those fetched before have plenty of life and were not refused.

    A program that starts has none, and may fetch one: a few in an hour are no habit.
    """

    def __init__(self) -> None:
        self._last: dict[tuple[int, str], tuple[int, Entry]] = {}
        self._needless: dict[int, deque[tuple[int, Entry]]] = {}

    def ends(self, seen: Seen) -> Iterator[Finding]:
        entry = seen.entry
        if entry.grant is None:
            return
        if entry.route != TOKEN_ROUTE:
            if entry.status == 401:
                self._last = {key: value for key, value in self._last.items() if key[0] != entry.grant}
            return
        if entry.status != 200 or seen.fresh_until is None or seen.abandoned:
            return
        key = (entry.grant, str((seen.argument or {}).get("scope")))
        until, before = self._last.get(key, (0, None))
        self._last[key] = (seen.fresh_until, entry)
        if before is not None and until > seen.now + PLENTY_MS:
            recent = self._needless.setdefault(entry.grant, deque())
            recent.append((seen.now, entry))
            while recent[0][0] <= seen.now - HOUR_MS:
                recent.popleft()
            if len(recent) > FEW:
                left = (until - seen.now) // 60_000
                text = (
                    f"Access tokens were fetched again and again, the last while one was good for {left} more minutes"
                )
                yield Finding("needless_refresh", text, tuple(one for _, one in recent))
                recent.clear()


class DeadToken(Manner):
    """Calling again with a token that was refused: it does not come back to life."""

    def __init__(self) -> None:
        self._dead: OrderedDict[str, tuple[int, Entry]] = OrderedDict()

    def begins(self, seen: Seen) -> Iterator[Finding]:
        told, refused = self._dead.get(seen.token or "", (0, None))
        if refused is not None and seen.began > told + GRACE_MS:
            text = f"{seen.entry.route} was called with a token that had been refused ({refused.error})"
            yield Finding("dead_token", text, (refused, seen.entry))

    def ends(self, seen: Seen) -> Iterator[Finding]:
        entry = seen.entry
        api = entry.status == 401 and entry.error in ("invalid_access_token", "expired_access_token")
        oauth = entry.route == TOKEN_ROUTE and (entry.error or "").startswith("invalid_grant")
        # A fault's refusal is made up: the token may well be good.
        if seen.token and entry.fault is None and (api or oauth):
            self._dead.setdefault(seen.token, (seen.now, entry))
            while len(self._dead) > REMEMBERED:
                self._dead.popitem(last=False)
        yield from ()


class TokenInUrl(Manner):
    """A token or a secret in an address, where logs and proxies keep it."""

    def begins(self, seen: Seen) -> Iterator[Finding]:
        for name, value in parse_qsl(seen.query):
            if name.lower() in SECRET_NAMES or OURS in value:
                yield Finding(
                    "token_in_url", f"{seen.entry.route} was called with {name} in its address", (seen.entry,)
                )
