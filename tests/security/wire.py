"""Raw connections to a running app: requests that no well-behaved client sends, many at once."""

import contextlib
import os
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.running_app import AppProcess


def connect(app: AppProcess, *, timeout: float = 15) -> socket.socket:
    line = socket.socket()
    # Small, so that what is not read stays with the app.
    line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8192)
    line.settimeout(timeout)
    line.connect(("127.0.0.1", app.port))
    return line


def head(app: AppProcess, first: str, *lines: str) -> bytes:
    """The head of a request, as our own page's form would send it."""
    host = f"Host: 127.0.0.1:{app.port}"
    return "\r\n".join((f"{first} HTTP/1.1", host, "Sec-Fetch-Site: same-origin", *lines, "", "")).encode()


def answer_to(app: AppProcess, sent: bytes) -> bytes:
    """Everything that is answered until the connection ends."""
    with contextlib.closing(connect(app)) as line:
        line.sendall(sent)
        return everything(line)


def everything(line: socket.socket) -> bytes:
    found = b""
    with contextlib.suppress(ConnectionResetError):
        while piece := line.recv(65536):
            found += piece
    return found


def pour(line: socket.socket, piece: bytes, most: int) -> int:
    """Send until it is refused, `most` at most; how many bytes went out."""
    sent = 0
    with contextlib.suppress(OSError):
        while sent < most:
            line.sendall(piece)
            sent += len(piece)
    return sent


def resident(app: AppProcess) -> int:
    """The process's memory, in bytes."""
    assert app.process is not None
    pages = int(Path(f"/proc/{app.process.pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


@contextlib.contextmanager
def many(app: AppProcess, number: int, first: bytes) -> Iterator[list[socket.socket]]:
    """So many connections that have each begun to say something."""
    lines: list[socket.socket] = []
    try:
        for _ in range(number):
            line = connect(app)
            line.sendall(first)
            line.setblocking(False)
            lines.append(line)
        yield lines
    finally:
        for line in lines:
            line.close()


def drip(lines: list[socket.socket], piece: bytes) -> int:
    """One more piece on each; how many of them are still open."""
    still = 0
    for line in lines:
        try:
            line.send(piece)
            if line.recv(4096) == b"":
                continue
        except BlockingIOError:
            pass
        except OSError:
            continue
        still += 1
    return still


def ended(lines: list[socket.socket]) -> int:
    """How many of them the other side has given up: what it had sent is read to its end."""
    found = 0
    for line in lines:
        try:
            while line.recv(1024 * 1024):
                continue
            found += 1
        except BlockingIOError:
            continue
        except OSError:
            found += 1
    return found


def percentile(times: list[float], share: float) -> float:
    return sorted(times)[min(len(times) - 1, int(len(times) * share))]


def until(holds: Callable[[], bool], within: float = 10) -> None:
    """Wait for what the process does by itself."""
    limit = time.monotonic() + within
    while not holds():
        assert time.monotonic() < limit, "it did not happen"
        time.sleep(0.05)
