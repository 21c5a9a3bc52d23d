"""Calls that should never be made as they are: the rules `bad_call`, `too_large`, `wrong_offset`, `raw_header`."""

from collections import OrderedDict
from collections.abc import Iterator
from typing import Any

from sandbox.history import Entry
from sandbox.manners.finding import Finding, Manner, Seen

REMEMBERED = 5_000
OAUTH_BLUNDERS = ("invalid_request", "invalid_client", "unsupported_grant_type", "invalid_scope")


class BadCall(Manner):
    """A call that is answered with 400: nothing that may happen to a correct client."""

    def ends(self, seen: Seen) -> Iterator[Finding]:
        entry = seen.entry
        if entry.status != 400 or entry.fault is not None:
            return
        if not entry.route.startswith("oauth2/") or (entry.error or "").startswith(OAUTH_BLUNDERS):
            yield Finding("bad_call", f"{entry.route} was called in a way that can't be right: {entry.error}", (entry,))


class TooLarge(Manner):
    """More bytes in one request than Dropbox ever takes: larger files go through upload sessions."""

    def ends(self, seen: Seen) -> Iterator[Finding]:
        if (seen.entry.error or "").endswith("payload_too_large") and seen.entry.fault is None:
            text = f"{seen.entry.route} was sent more than 150 MiB in one request"
            yield Finding("too_large", text, (seen.entry,))


class WrongOffset(Manner):
    """Going on at another place than the one that `incorrect_offset` had named."""

    def __init__(self) -> None:
        self._told: OrderedDict[str, Entry] = OrderedDict()

    def ends(self, seen: Seen) -> Iterator[Finding]:
        session = _session_of(seen.argument)
        if session is None:
            return
        if (seen.entry.error or "").endswith("incorrect_offset") and seen.entry.fault is None:
            before = self._told.get(session)
            if before is not None:
                text = f"{seen.entry.route} went on at another offset than the one it had been told"
                yield Finding("wrong_offset", text, (before, seen.entry))
            self._told[session] = seen.entry
            while len(self._told) > REMEMBERED:
                self._told.popitem(last=False)
        elif seen.entry.status == 200:
            self._told.pop(session, None)


class RawHeader(Manner):
    """Characters beyond ASCII in the header Dropbox-API-Arg: Dropbox asks for JSON escapes, and proxies may choke."""

    def begins(self, seen: Seen) -> Iterator[Finding]:
        if not seen.header.isascii():
            text = f"{seen.entry.route} carried characters beyond ASCII in Dropbox-API-Arg instead of JSON escapes"
            yield Finding("raw_header", text, (seen.entry,))


def _session_of(argument: Any) -> str | None:
    cursor = argument.get("cursor") if isinstance(argument, dict) else None
    session = cursor.get("session_id") if isinstance(cursor, dict) else None
    return session if isinstance(session, str) else None
