"""How much the sandbox takes: `python -m tests.sandbox.figures big --mib 2048` and `… small --seconds 5`.

`big` sends one file by upload sessions and tells how the sandbox's memory grew; `small` counts uploads of 1 KiB.
"""

import argparse
import hashlib
import http.client
import json
import re
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path

from dropbox.content_hash import DropboxContentHasher

from tests.sandbox_server import SandboxServer

EMAIL = "studio@example.com"
MIB = 1024 * 1024
PIECE = 64 * MIB
CLIENTS = 4


def peak_memory(process_id: int) -> int:
    """The most memory that a process has held so far, in bytes (Linux)."""
    told = Path(f"/proc/{process_id}/status").read_text()
    match = re.search(r"VmHWM:\s+(\d+) kB", told)
    assert match is not None
    return int(match[1]) * 1024


@dataclass
class Caller:
    """One connection to a sandbox, kept open, with as little work on this side as can be."""

    connection: http.client.HTTPConnection
    token: str

    def upload(self, route: str, argument: object, data: bytes) -> dict[str, object] | None:
        """One upload-style call; its result. AssertionError when it is refused."""
        headers = {
            "Authorization": f"Bearer {self.token}",
            "Content-Type": "application/octet-stream",
            "Dropbox-API-Arg": json.dumps(argument),
        }
        self.connection.request("POST", f"/2/files/{route}", data, headers)
        answer = self.connection.getresponse()
        body = answer.read()
        assert answer.status == 200, body
        result: dict[str, object] | None = json.loads(body)
        return result


def callers(server: SandboxServer, number: int) -> list[Caller]:
    """So many connections of one person."""
    token = server.link(EMAIL)["access_token"]
    return [Caller(http.client.HTTPConnection("127.0.0.1", server.port, timeout=600), token) for _ in range(number)]


@dataclass(frozen=True)
class Big:
    """What came of one large file: how the sandbox's peak of memory grew while it arrived, and the rate."""

    mib: int
    grown_mib: float
    mib_per_second: float


def send_big(server: SandboxServer, mib: int) -> Big:
    """A file of so many MiB in pieces of up to 64 MiB; checks its content hash."""
    assert server.process is not None
    (caller,) = callers(server, 1)
    caller.upload("upload", {"path": "/warm-up"}, b"x" * MIB)
    before, begin = peak_memory(server.process.pid), time.monotonic()
    session = (caller.upload("upload_session/start", {}, b"") or {})["session_id"]
    hasher, sent = DropboxContentHasher(), 0
    while sent < mib * MIB:
        piece = hashlib.shake_256(str(sent).encode()).digest(MIB) * (min(PIECE, mib * MIB - sent) // MIB)
        caller.upload("upload_session/append_v2", {"cursor": {"session_id": session, "offset": sent}}, piece)
        hasher.update(piece)
        sent += len(piece)
    commit = {"cursor": {"session_id": session, "offset": sent}, "commit": {"path": "/big.bin"}}
    made = caller.upload("upload_session/finish", commit, b"") or {}
    assert (made["size"], made["content_hash"]) == (sent, hasher.hexdigest())
    took = time.monotonic() - begin
    caller.connection.close()
    return Big(mib, (peak_memory(server.process.pid) - before) / MIB, mib / took)


def send_small(server: SandboxServer, seconds: float) -> float:
    """Uploads of 1 KiB, over several connections, each a file of its own; how many a second."""
    until, counts = time.monotonic() + seconds, [0] * CLIENTS

    def go(number: int, caller: Caller) -> None:
        while time.monotonic() < until:
            path = f"/{number}/{counts[number] // 100}/{counts[number]}.bin"
            caller.upload("upload", {"path": path}, path.encode().ljust(1024))
            counts[number] += 1
        caller.connection.close()

    threads = [threading.Thread(target=go, args=pair) for pair in enumerate(callers(server, CLIENTS))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(counts) / seconds


def main() -> None:
    """Read the command line, measure on a sandbox of our own, say what came of it."""
    parser = argparse.ArgumentParser(prog="python -m tests.sandbox.figures", description=__doc__)
    kinds = parser.add_subparsers(dest="kind", required=True)
    kinds.add_parser("big").add_argument("--mib", type=int, default=2048)
    kinds.add_parser("small").add_argument("--seconds", type=float, default=5)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, SandboxServer(Path(folder)) as server:
        if given.kind == "big":
            big = send_big(server, given.mib)
            print(f"{big.mib} MiB at {big.mib_per_second:.0f} MiB/s; the sandbox grew by {big.grown_mib:.1f} MiB")
        else:
            print(f"{send_small(server, given.seconds):.0f} uploads a second")


if __name__ == "__main__":
    main()
