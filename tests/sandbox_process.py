"""A real sandbox in a process of its own: how tests start, stop and kill it. What they ask it is in sandbox_server."""

import re
import select
import subprocess
import sys
from pathlib import Path
from typing import Self

import requests

REPOSITORY = Path(__file__).parent.parent


class SandboxProcess:
    """Starts in `directory`, keeps its port over restarts, and dies with the test process whatever happens.

    With `ways_in` it also answers TLS on `port` and is a proxy at `proxy_url`; clients trust `authority`.
    """

    def __init__(self, directory: Path, *, ways_in: bool = False) -> None:
        self.directory = directory
        self.authority = directory / "ca.pem"
        self.port = 0
        self.url = ""
        self.proxy_url = ""
        self.ways_in = ways_in
        self.process: subprocess.Popen[str] | None = None
        self.http = requests.Session()
        self.http.trust_env = False

    def start(self, *options: str) -> Self:
        """Start, with more options of the command line, and wait until it answers."""
        command = [sys.executable, "-m", "sandbox", "--until-stdin-closes", "--port", str(self.port)]
        if self.ways_in:
            command += ["--tls", "--proxy", self.proxy_url.rpartition(":")[2] or "0"]
        self.process = subprocess.Popen(
            [*command, *options, "--dir", str(self.directory)],
            cwd=REPOSITORY,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout is not None
        ready, _, _ = select.select([self.process.stdout], [], [], 30)
        line = self.process.stdout.readline() if ready else ""
        assert "http://" in line, f"the sandbox did not start: {line!r}"
        self.port = int(line.rsplit(":", 1)[1])
        self.url = f"http://127.0.0.1:{self.port}"
        if self.ways_in:
            self.process.stdout.readline()
            said = re.search(r"proxy http://localhost:(\d+)", self.process.stdout.readline())
            assert said is not None
            self.proxy_url = f"http://127.0.0.1:{said[1]}"
        return self

    def stop(self) -> int:
        """An orderly end (SIGTERM); the exit code."""
        return self._end(kill=False)

    def kill(self) -> int:
        """kill -9; the (negative) exit code."""
        return self._end(kill=True)

    def _end(self, *, kill: bool) -> int:
        if self.process is None:
            return 0
        process, self.process = self.process, None
        process.kill() if kill else process.terminate()
        code = process.wait(timeout=20)
        assert process.stdin is not None and process.stdout is not None
        process.stdin.close()
        process.stdout.close()
        self.http.close()
        return code

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *problem: object) -> None:
        self.stop()
