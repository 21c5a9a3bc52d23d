"""Running the sandbox as a process: the port, the signals, the end with the parent. What it serves is in app."""

import asyncio
import contextlib
import os
import signal
import socket
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import uvicorn
from starlette.applications import Starlette

from sandbox.app import create_app
from sandbox.protocol import CuttableProtocol

GRACE_SECONDS = 1


class _Server(uvicorn.Server):
    """uvicorn's server, ended by our own handlers: its own would end the process by the signal instead of exit 0."""

    def __init__(self, app: Starlette) -> None:
        super().__init__(
            uvicorn.Config(
                app,
                http=CuttableProtocol,
                ws="none",
                lifespan="on",
                log_level="critical",
                access_log=False,
                server_header=False,
                timeout_keep_alive=75,
                timeout_graceful_shutdown=GRACE_SECONDS,
            )
        )
        self._app = app

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        loop = asyncio.get_running_loop()
        main = threading.current_thread() is threading.main_thread()
        caught = (signal.SIGTERM, signal.SIGINT) if main else ()
        for number in caught:
            # Ctrl-C reaches a whole group of processes; with a parent that watches over us, it says when we end.
            ignored = number == signal.SIGINT and self._app.state.parent_watch
            loop.add_signal_handler(number, (lambda: None) if ignored else self.end)
        try:
            yield
        finally:
            for number in caught:
                loop.remove_signal_handler(number)

    def end(self) -> None:
        """Stop accepting, let what hangs go, end; asked twice, end without waiting."""
        self.force_exit = self.should_exit
        self.should_exit = True
        self._app.state.world.stopping.set()

    def watch_parent(self) -> None:
        """End when standard input ends: whoever started us holds the other end, and it closes even on kill -9."""
        loop = asyncio.get_running_loop()

        def wait() -> None:
            while os.read(0, 4096):
                pass
            with contextlib.suppress(RuntimeError):
                loop.call_soon_threadsafe(self.end)

        threading.Thread(target=wait, name="parent-watch", daemon=True).start()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self._app.state.parent_watch:
            self.watch_parent()
        print(f"Sandbox Dropbox on {self._app.state.address}", flush=True)  # noqa: T201 - the program's one line


def bind(host: str, port: int) -> socket.socket:
    """A listening socket; OSError when the port is taken. Port 0 takes any free one."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError:
        listener.close()
        raise
    return listener


def run(host: str, port: int, directory: Path, parent_watch: bool = False) -> int:
    """Serve until SIGTERM or SIGINT, with `parent_watch` until SIGTERM or the end of standard input.

    The exit code: 0, or 1 with one sentence on standard error when the port or the folder can't be had.
    """
    try:
        listener = bind(host, port)
    except OSError as problem:
        print(f"The sandbox can't listen on {host}:{port}: {problem.strerror}.", file=sys.stderr)  # noqa: T201
        return 1
    try:
        app = create_app(directory)
    except Exception as problem:
        listener.close()
        print(f"The sandbox can't start: {problem}.", file=sys.stderr)  # noqa: T201
        return 1
    shown = "localhost" if host == "127.0.0.1" else f"[{host}]" if ":" in host else host
    app.state.address = f"http://{shown}:{listener.getsockname()[1]}"
    app.state.parent_watch = parent_watch
    _Server(app).run(sockets=[listener])
    return 0
