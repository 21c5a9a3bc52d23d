"""RL-05, RL-07: slow, greedy and ambiguous clients, byte by byte against a real server with quick deadlines."""

import asyncio
import contextlib
import socket
import threading
import time
from collections.abc import Iterator

import pytest
import uvicorn
import uvloop

import deadlines
import serving
from deadlines import Deadlines

ANSWER = b"x" * 4_000_000


async def app(scope, receive, send):
    """/body reads the whole body, /big answers 4 MB, /hang never answers, the rest answers at once."""
    if scope["type"] != "http":
        return
    size = 0
    if scope["path"] == "/body":
        more = True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                return
            size += len(message.get("body", b""))
            more = message.get("more_body", False)
    if scope["path"] == "/hang":
        await receive()
        await receive()
        return
    content = ANSWER if scope["path"] == "/big" else f"{scope['method']} {size}".encode()
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"%d" % len(content))]})
    await send({"type": "http.response.body", "body": content})


class Served:
    """The server in a thread, with the connections that it holds."""

    def __init__(self, limit: int) -> None:
        self.socket = serving.bind("127.0.0.1", 0, asked_for=True)
        self.port = self.socket.getsockname()[1]
        config = uvicorn.Config(
            app,
            http=Deadlines,
            ws="none",
            lifespan="off",
            log_config=None,
            limit_concurrency=limit,
            timeout_keep_alive=1,
        )
        self.server = serving.Server(config)
        self.thread = threading.Thread(target=self._run, daemon=True)
        self._lines: list[socket.socket] = []

    def _run(self) -> None:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(self.server.serve(sockets=[self.socket]))

    @property
    def open(self) -> int:
        return len(self.server.server_state.connections)

    def __enter__(self) -> "Served":
        self.thread.start()
        while not self.server.started:
            time.sleep(0.01)
        return self

    def __exit__(self, *_: object) -> None:
        for line in self._lines:
            line.close()
        self.server.should_exit = True
        self.thread.join(5)

    def connect(self, first: bytes = b"") -> socket.socket:
        line = socket.create_connection(("127.0.0.1", self.port))
        self._lines.append(line)
        line.settimeout(8)
        if first:
            line.sendall(first)
        return line

    def says(self, sent: bytes) -> bytes:
        """Everything that is answered until the connection ends."""
        with contextlib.closing(self.connect(sent)) as line:
            return everything(line)


def everything(line: socket.socket) -> bytes:
    found = b""
    with contextlib.suppress(ConnectionResetError):
        while piece := line.recv(65536):
            found += piece
    return found


def drip(line: socket.socket, piece: bytes, every: float, during: float) -> float:
    """Send a piece again and again; how long until the other side ended the connection."""
    began = time.monotonic()
    line.settimeout(every)
    while time.monotonic() - began < during:
        try:
            line.sendall(piece)
            if line.recv(4096) == b"":
                break
        except TimeoutError:
            continue
        except OSError:
            break
    return time.monotonic() - began


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    """One server for all, whose clock runs twenty times as fast."""
    with pytest.MonkeyPatch.context() as patched:
        for name in ("HEAD_SECONDS", "WINDOW_SECONDS", "LEFTOVER_SECONDS"):
            patched.setattr(deadlines, name, 0.5)
        patched.setattr(deadlines, "TICK", 0.1)
        with Served(40) as running:
            yield running


def head(first: str, *lines: str) -> bytes:
    return "\r\n".join((first, "Host: a", *lines, "", "")).encode()


GET = head("GET / HTTP/1.1")
CLOSING = head("GET / HTTP/1.1", "Connection: close")


def test_rl_05_a_head_that_does_not_end_is_answered_408_and_the_connection_closed(served: Served):
    answer = served.says(b"GET / HTTP/1.1\r\nHost: a\r\nX-A: b")
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert b"content-security-policy: default-src 'none'" in answer
    assert b"server:" not in answer.lower()


@pytest.mark.parametrize("piece", [b"X-A: b\r\n", b"\r\n", b"G"])
def test_rl_05_a_head_that_drips_gets_no_more_time(served: Served, piece: bytes):
    line = served.connect(b"" if piece != b"X-A: b\r\n" else b"GET / HTTP/1.1\r\nHost: a\r\n")
    assert drip(line, piece, 0.1, 4) < 2


def test_rl_05_a_connection_without_a_word_is_closed_without_one(served: Served):
    assert served.says(b"") == b""


def test_rl_05_a_connection_that_goes_on_gets_a_deadline_for_each_head(served: Served):
    line = served.connect(GET)
    assert line.recv(4096).startswith(b"HTTP/1.1 200")
    began = time.monotonic()
    line.sendall(b"GET / HT")
    assert everything(line).startswith(b"HTTP/1.1 408 ")
    assert time.monotonic() - began < 2
    line = served.connect(GET)
    line.recv(4096)
    assert drip(line, b"\r\n", 0.1, 4) < 2
    line = served.connect(GET)
    line.recv(4096)
    assert everything(line) == b""


def test_rl_05_a_body_that_drips_is_answered_408(served: Served):
    line = served.connect(head("POST /body HTTP/1.1", "Content-Length: 100000"))
    assert drip(line, b"x", 0.05, 4) < 2
    line = served.connect(head("POST /body HTTP/1.1", "Transfer-Encoding: chunked"))
    assert drip(line, b"1\r\nx\r\n", 0.05, 4) < 2


def test_rl_05_a_body_that_comes_at_a_fair_rate_may_take_its_time(served: Served):
    line = served.connect(head("POST /body HTTP/1.1", "Content-Length: 20000", "Connection: close"))
    for _ in range(10):
        line.sendall(b"x" * 2000)
        time.sleep(0.1)
    assert everything(line).endswith(b"POST 20000")


def test_rl_05_what_nobody_wants_to_read_any_more_is_not_waited_for(served: Served):
    # The answer is out; the rest of the body drips, or comes in masses.
    line = served.connect(head("POST / HTTP/1.1", "Content-Length: 100000000"))
    assert line.recv(4096).startswith(b"HTTP/1.1 200")
    assert drip(line, b"x", 0.05, 4) < 2
    line = served.connect(head("POST / HTTP/1.1", "Content-Length: 100000000"))
    sent = 0
    with contextlib.suppress(OSError):
        while sent < 100_000_000:
            line.sendall(b"x" * 65536)
            sent += 65536
    assert sent < 30_000_000


def test_rl_05_an_answer_that_is_not_read_ends_the_connection(served: Served):
    line = socket.socket()
    line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    line.connect(("127.0.0.1", served.port))
    line.sendall(head("GET /big HTTP/1.1"))
    until = time.monotonic() + 5
    time.sleep(0.3)
    assert served.open >= 1
    while served.open and time.monotonic() < until:
        time.sleep(0.05)
    assert served.open == 0
    line.close()


def test_rl_05_an_answer_that_is_read_slowly_but_fairly_arrives_whole(served: Served):
    line = served.connect(head("GET /big HTTP/1.1", "Connection: close"))
    found = 0
    while piece := line.recv(100_000):
        found += len(piece)
        time.sleep(0.02)
    assert found > len(ANSWER)


def test_rl_05_an_app_that_takes_long_is_waited_for(served: Served):
    line = served.connect(head("POST /hang HTTP/1.1", "Content-Length: 1") + b"x")
    line.settimeout(1.0)
    with pytest.raises(TimeoutError):
        line.recv(10)
    line.close()


def test_rl_05_too_many_get_a_503_and_far_too_many_are_closed(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(deadlines, "OVERFLOW", 5)
    with Served(10) as served:
        held = [served.connect(b"GET / HT") for _ in range(9)]
        until = time.monotonic() + 3
        while served.open < 9 and time.monotonic() < until:
            time.sleep(0.01)
        answer = served.says(CLOSING)
        assert answer.startswith(b"HTTP/1.1 503 ")
        assert b"retry-after: 5" in answer
        assert b"content-security-policy" in answer
        more = [served.connect(b"GET / HT") for _ in range(30)]
        time.sleep(0.3)
        assert served.open <= 15
        for line in (*held, *more):
            line.close()


def test_rl_06_a_head_that_does_not_end_is_refused_before_it_fills_the_memory(served: Served):
    for first in (b"GET /", b"GET / HTTP/1.1\r\nX: ", b"GET / HTTP/1.1\r\n"):
        line = served.connect(first)
        sent = 0
        with contextlib.suppress(OSError):
            while sent < 10_000_000:
                line.sendall(b"a: b\r\n" * 10_000 if first.endswith(b"\n") else b"a" * 60_000)
                sent += 60_000
        assert sent < 8_000_000
        line.close()
    whole = head(f"GET /{'a' * 70_000} HTTP/1.1", "Connection: close")
    assert served.says(whole).startswith(b"HTTP/1.1 431 ")


AMBIGUOUS = {
    "length and chunked": head("POST /body HTTP/1.1", "Content-Length: 4", "Transfer-Encoding: chunked") + b"0\r\n\r\n",
    "chunked and length": head("POST /body HTTP/1.1", "Transfer-Encoding: chunked", "Content-Length: 4") + b"0\r\n\r\n",
    "two lengths": head("POST /body HTTP/1.1", "Content-Length: 1", "Content-Length: 2") + b"xx",
    "two equal lengths": head("POST /body HTTP/1.1", "Content-Length: 1", "Content-Length: 1") + b"x",
    "a list of lengths": head("POST /body HTTP/1.1", "Content-Length: 1, 1") + b"x",
    "a length with a sign": head("POST /body HTTP/1.1", "Content-Length: +1") + b"x",
    "a negative length": head("POST /body HTTP/1.1", "Content-Length: -1") + b"x",
    "a hexadecimal length": head("POST /body HTTP/1.1", "Content-Length: 0x1") + b"x",
    "an endless length": head("POST /body HTTP/1.1", f"Content-Length: {'9' * 40}") + b"x",
    "two codings": head("POST /body HTTP/1.1", "Transfer-Encoding: chunked", "Transfer-Encoding: chunked")
    + b"0\r\n\r\n",
    "an odd coding": head("POST /body HTTP/1.1", "Transfer-Encoding: xchunked") + b"0\r\n\r\n",
    "a coding after chunked": head("POST /body HTTP/1.1", "Transfer-Encoding: chunked, identity") + b"0\r\n\r\n",
    "a space before the colon": head("POST /body HTTP/1.1", "Content-Length : 1") + b"x",
    "a folded line": head("GET / HTTP/1.1", "X-A: b", " Transfer-Encoding: chunked"),
    "bare line feeds": b"GET / HTTP/1.1\nHost: a\n\n",
    "one bare line feed": b"GET / HTTP/1.1\r\nHost: a\nX: b\r\n\r\n",
    "a bare carriage return": b"GET / HTTP/1.1\r\nHost: a\rX: b\r\n\r\n",
    "nul in the address": b"GET /\x00 HTTP/1.1\r\nHost: a\r\n\r\n",
    "nul in a name": b"GET / HTTP/1.1\r\nHost: a\r\nX\x00: b\r\n\r\n",
    "nul in a value": b"GET / HTTP/1.1\r\nHost: a\r\nX: b\x00\r\n\r\n",
    "bytes in the address": b"GET /\xff\xfe HTTP/1.1\r\nHost: a\r\n\r\n",
    "two hosts": head("GET / HTTP/1.1", "Host: b"),
    "no host": b"GET / HTTP/1.1\r\n\r\n",
    "an odd method": head("GE\tT / HTTP/1.1"),
    "an unknown method": head("NOSUCH / HTTP/1.1"),
    "a method in small letters": head("get / HTTP/1.1"),
    "no method": b"\x16\x03\x01\x02\x00\x01\x00",
    "another version": head("GET / HTTP/3.7"),
    "an odd chunk size": head("POST /body HTTP/1.1", "Transfer-Encoding: chunked") + b"0x1\r\nx\r\n0\r\n\r\n",
    "a chunk size with a sign": head("POST /body HTTP/1.1", "Transfer-Encoding: chunked") + b"+1\r\nx\r\n0\r\n\r\n",
    "an endless chunk size": head("POST /body HTTP/1.1", "Transfer-Encoding: chunked") + b"f" * 40 + b"\r\n",
    "a chunk longer than it says": head("POST /body HTTP/1.1", "Transfer-Encoding: chunked")
    + b"1\r\nxxxx\r\n0\r\n\r\n",
    "a chunk ended by a line feed": head("POST /body HTTP/1.1", "Transfer-Encoding: chunked") + b"1\nx\n0\n\n",
    "another protocol's preface": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "a tunnel": b"CONNECT evil.example:443 HTTP/1.1\r\nHost: evil.example:443\r\n\r\n",
}


@pytest.mark.parametrize("sent", AMBIGUOUS.values(), ids=AMBIGUOUS)
def test_rl_07_what_could_be_read_in_two_ways_is_400(served: Served, sent: bytes):
    answer = served.says(sent + CLOSING)
    assert answer.startswith(b"HTTP/1.1 400 "), answer[:200]
    # What follows it in the same connection is not listened to.
    assert answer.count(b"HTTP/1.1 ") == 1
    assert b"nosniff" in answer


def test_what_is_right_is_answered_as_ever(served: Served):
    chunked = head("POST /body HTTP/1.1", "Transfer-Encoding: chunked", "Connection: close")
    assert served.says(chunked + b"5\r\nhello\r\n0\r\n\r\n").endswith(b"POST 5")
    old = b"GET / HTTP/1.0\r\n\r\n"
    assert served.says(old).startswith(b"HTTP/1.1 200")
    assert served.says(GET + GET + CLOSING).count(b"HTTP/1.1 200") == 3
    expecting = head("POST /body HTTP/1.1", "Content-Length: 2", "Expect: 100-continue", "Connection: close")
    line = served.connect(expecting)
    assert line.recv(4096).startswith(b"HTTP/1.1 100 ")
    line.sendall(b"ok")
    assert everything(line).endswith(b"POST 2")
    upgrading = head("GET / HTTP/1.1", "Upgrade: websocket", "Connection: upgrade, close")
    assert served.says(upgrading).startswith(b"HTTP/1.1 200")
