"""The access token of one connection: kept while it lasts, fetched anew under one lock when it does not.

Where the refresh token comes from, and what a lost grant means, is not known here.
"""

import threading
from collections.abc import Callable

from clients.dropbox_line import Line
from clients.dropbox_oauth import AccessToken

EARLY_MS = 300_000
"""Refreshed so long before it expires, or, where its whole life is shorter, at the end of it."""

_LOOK_S = 0.05


class AccessTokens:
    """`refresh` fetches a token and raises DropboxFailure; `now` is milliseconds UTC."""

    def __init__(self, refresh: Callable[[], AccessToken], now: Callable[[], int]) -> None:
        self._refresh = refresh
        self._now = now
        self._lock = threading.Lock()
        self._access: AccessToken | None = None
        self._good_until = 0

    def get(self, line: Line) -> str:
        """A token that is not about to expire; may call Dropbox on the line."""
        access = self._access
        if access is not None and self._now() < self._good_until:
            return access.token
        return self._renewed(line, rejected=access)

    def renew(self, line: Line, rejected: str) -> str:
        """A token other than the one that was just rejected as expired."""
        access = self._access
        if access is not None and access.token != rejected:
            return access.token
        return self._renewed(line, rejected=access)

    def _renewed(self, line: Line, *, rejected: AccessToken | None) -> str:
        while not self._lock.acquire(timeout=_LOOK_S):
            # Somebody else's refresh may take long; a stop must not wait for it.
            line.check()
        try:
            if self._access is None or self._access is rejected:
                with line:
                    access = self._refresh()
                self._good_until = max(access.expires_at - EARLY_MS, (access.expires_at + self._now()) // 2)
                self._access = access
            return self._access.token
        finally:
            self._lock.release()
