"""One try's hold on the sockets that it uses, so that another thread can end it at once; and what was heard last.

Which socket that is, the connections of dropbox_http.py say; who cuts and why, the stop gate and the scheduler decide.
"""

import socket
import threading
import time
from contextvars import ContextVar, Token
from types import TracebackType
from typing import Self

from clients.stop_gate import Stopped

_current: ContextVar["Line | None"] = ContextVar("line", default=None)


class Overdue(Exception):
    """Nothing moved on the line for too long, and it was given up."""


class Line:
    """Used as `with line:` around each call, in the thread that makes it; `cut` and `expire` come from any thread."""

    def __init__(self) -> None:
        self.status: int | None = None
        self.request_id: str | None = None
        self.retry_after: str | None = None
        self.sent = False
        self._lock = threading.Lock()
        self._socket: socket.socket | None = None
        self._ended_by: type[Stopped | Overdue] | None = None
        self._moved_at = time.monotonic()
        self._token: Token[Line | None] | None = None

    def __enter__(self) -> Self:
        self.status = self.request_id = self.retry_after = None
        self.sent = False
        self.moved()
        self.check()
        self._token = _current.set(self)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._token is not None:
            _current.reset(self._token)
            self._token = None
        with self._lock:
            # The socket goes back to the pool and may carry somebody else's call next.
            self._socket = None

    def cut(self) -> None:
        """End whatever is going on, because somebody stopped it. Does not block; nothing is sent afterwards."""
        self._end(Stopped)

    def expire(self) -> None:
        """End whatever is going on, because it takes too long: a failure, unlike `cut`."""
        self._end(Overdue)

    @property
    def was_cut(self) -> bool:
        """Whether errors seen on this line come from `cut`."""
        return self._ended_by is Stopped

    def idle_s(self) -> float:
        """Seconds since a call began or bytes were last taken for it."""
        return time.monotonic() - self._moved_at

    def moved(self) -> None:
        """Something moved: the line is not idle."""
        self._moved_at = time.monotonic()

    def check(self) -> None:
        """Raise what ended the line, if something did."""
        if self._ended_by is not None:
            raise self._ended_by

    def holds(self, connected: socket.socket) -> None:
        """This socket carries the call from here on; raises if the line ended meanwhile, before a byte is sent."""
        with self._lock:
            self.check()
            self._socket = connected
            self.sent = True

    def _end(self, by: type[Stopped | Overdue]) -> None:
        with self._lock:
            self._ended_by = self._ended_by or by
            if self._socket is None:
                return
            try:
                # Of the plain class: an SSLSocket's own would drop its TLS state while another thread uses it.
                socket.socket.shutdown(self._socket, socket.SHUT_RDWR)
            except OSError:
                # It ended by itself just now.
                return


def current() -> Line | None:
    """The line of the call that this thread is making, if it has one."""
    return _current.get()
