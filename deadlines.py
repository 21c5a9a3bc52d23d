"""How long a client may take, and how much it may send before anybody listens: uvicorn's protocol, with deadlines.

uvicorn itself waits for a request's head, its body and the reading of its answer for as long as the client likes.
"""

import asyncio
from asyncio import TimerHandle

from uvicorn._types import ASGI3Application, ASGIReceiveCallable, ASGISendCallable, Scope
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle

HEAD_SECONDS = 10.0
"""From the connection, or from the first byte of its next request, to the end of the head."""
HEAD_BYTES = 64 * 1024
WINDOW_SECONDS = 10.0
LEAST_RATE = 500
"""Bytes a second, in each window, that a body brings, and that a waiting answer is read at."""
LEFTOVER_BYTES = 1024 * 1024
LEFTOVER_SECONDS = 10.0
"""What may still come of a body whose request has been answered already."""
OVERFLOW = 100
"""Connections beyond `limit_concurrency` that still get to read a 503; further ones are closed unheard."""
TICK = 1.0

HEADERS = (
    b"content-type: text/plain; charset=utf-8\r\n"
    b"content-security-policy: default-src 'none'; frame-ancestors 'none'\r\n"
    b"x-content-type-options: nosniff\r\n"
    b"cache-control: no-store\r\n"
)
MALFORMED = 400, "This is not a valid HTTP request."
TOO_SLOW = 408, "The request came too slowly."
TOO_LONG = 431, "The head of this request is too large."


class Refused(Exception):
    """The request ends here; the parser turns this into its own error, which leads to `send_400_response`."""


class Deadlines(HttpToolsProtocol):
    """One connection, looked at once a second; whatever takes too long ends it."""

    _watch: TimerHandle | None = None
    _refusal: tuple[int, str] = MALFORMED
    _head_since: float | None = None
    _head_bytes = 0
    _body_since: float | None = None
    _body_bytes = 0
    _answered_at: float | None = None
    _leftover = 0
    _unread: tuple[float, int] | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._head_since = self.loop.time()
        self._watch = self.loop.call_later(TICK, self._tick)
        if self.limit_concurrency is not None and len(self.connections) > self.limit_concurrency + OVERFLOW:
            transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        if self._watch is not None:
            self._watch.cancel()
        super().connection_lost(exc)

    # -- what comes in ---------------------------------------------------------------------------------------------

    def data_received(self, data: bytes) -> None:
        if self._head_since is None and self._body_since is None and self.cycle.response_complete:
            self._head_since = self.loop.time()
        super().data_received(data)
        if self._head_since is not None and not self.transport.is_closing():
            self._head_bytes += len(data)
            if self._head_bytes > HEAD_BYTES:
                self._refuse(TOO_LONG)

    def on_headers_complete(self) -> None:
        self._check_head()
        self._head_since, self._head_bytes = None, 0
        self._body_since, self._body_bytes = self.loop.time(), 0
        self._answered_at, self._leftover = None, 0
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        self._body_bytes += len(body)
        if self.cycle.response_complete:
            self._leftover += len(body)
            if self._leftover > LEFTOVER_BYTES:
                self.transport.close()
        super().on_body(body)

    def on_message_complete(self) -> None:
        self._body_since = None
        super().on_message_complete()

    def on_response_complete(self) -> None:
        self._answered_at = self.loop.time()
        super().on_response_complete()

    def resume_writing(self) -> None:
        self._unread = None
        super().resume_writing()

    def _check_head(self) -> None:
        """Raises Refused for what two readers of HTTP might understand in two ways (RFC 9112, sections 3.2 and 6.3)."""
        names = [name for name, _ in self.headers]
        lengths, codings, hosts = (names.count(name) for name in (b"content-length", b"transfer-encoding", b"host"))
        size = len(self.url) + sum(len(name) + len(value) + 4 for name, value in self.headers)
        if size > HEAD_BYTES:
            self._refusal = TOO_LONG
            raise Refused
        if lengths + codings > 1 or hosts > 1 or (hosts == 0 and self.parser.get_http_version() == "1.1"):
            raise Refused

    # -- the clock -------------------------------------------------------------------------------------------------

    def _tick(self) -> None:
        self._watch = self.loop.call_later(TICK, self._tick)
        now = self.loop.time()
        self._look_at_the_answer(now)
        if self.transport.is_closing():
            return
        if self._head_since is not None and now - self._head_since > HEAD_SECONDS:
            # A browser opens connections that it may never use: they are closed without a word.
            self._refuse(TOO_SLOW) if self._head_bytes else self.transport.close()
        elif self._body_since is not None:
            self._look_at_the_body(now)

    def _look_at_the_body(self, now: float) -> None:
        assert self._body_since is not None
        if self.cycle.response_complete:
            if self._answered_at is not None and now - self._answered_at > LEFTOVER_SECONDS:
                self.transport.close()
        elif self.flow.read_paused or self.cycle.waiting_for_100_continue:
            # It is we who keep them waiting.
            self._body_since, self._body_bytes = now, 0
        elif now - self._body_since > WINDOW_SECONDS:
            if self._body_bytes < LEAST_RATE * WINDOW_SECONDS:
                self._refuse(TOO_SLOW)
            self._body_since, self._body_bytes = now, 0

    def _look_at_the_answer(self, now: float) -> None:
        """End the connection if what has been written is not being read, even if it is being closed already."""
        size = self.transport.get_write_buffer_size()
        if size == 0:
            self._unread = None
        elif self._unread is None:
            self._unread = now, size
        elif now - self._unread[0] > WINDOW_SECONDS:
            if self._unread[1] - size < LEAST_RATE * WINDOW_SECONDS:
                self.transport.abort()
            self._unread = now, size

    # -- what is answered here ---------------------------------------------------------------------------------------

    def _refuse(self, refusal: tuple[int, str]) -> None:
        self._refusal = refusal
        self.send_400_response("")

    def send_400_response(self, msg: str) -> None:
        """The refusal, unless an answer is under way already; then the end of the connection."""
        if self.transport.is_closing():
            return
        if self.cycle is None or self.cycle.response_complete or not self.cycle.response_started:
            status, sentence = self._refusal
            length = f"content-length: {len(sentence)}\r\nconnection: close\r\n\r\n".encode()
            self.transport.write(STATUS_LINE[status] + HEADERS + length + sentence.encode())
        self.transport.close()

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: ASGI3Application) -> None:
        # Anything but the app is uvicorn's own 503, which lacks our headers.
        super()._start_asgi_task(cycle, app if app is self.app else busy)


async def busy(scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
    """The 503 for whoever comes when too many are here."""
    pairs = [line.split(b": ", 1) for line in HEADERS.strip().split(b"\r\n")]
    headers = [*((name, value) for name, value in pairs), (b"retry-after", b"5"), (b"connection", b"close")]
    await send({"type": "http.response.start", "status": 503, "headers": headers})
    await send({"type": "http.response.body", "body": b"Too many visitors at once. Try again in a moment.\n"})
