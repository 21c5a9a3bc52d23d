"""Running the sandbox as a process: the ports, the signals, the end with the parent. What it serves is in app."""

import asyncio
import contextlib
import os
import signal
import socket
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import uvicorn
from starlette.applications import Starlette

from sandbox.app import create_app
from sandbox.certificates import AUTHORITY, tls_context
from sandbox.doors import Door
from sandbox.protocol import CuttableProtocol

GRACE_SECONDS = 1


@dataclass(frozen=True)
class Options:
    """How a sandbox is run. Ports: 0 takes any free one; `proxy` None opens none. `fresh` wipes the data first.

    With `tls` the port answers plain HTTP and TLS alike. `parent_watch`: standard input's end is the sandbox's end.
    """

    directory: Path
    host: str = "127.0.0.1"
    port: int = 8001
    tls: bool = False
    proxy: int | None = None
    fresh: bool = False
    parent_watch: bool = False

    def shown(self, listener: socket.socket, scheme: str = "http") -> str:
        """The address of a listener as people type it."""
        host = "localhost" if self.host == "127.0.0.1" else f"[{self.host}]" if ":" in self.host else self.host
        return f"{scheme}://{host}:{listener.getsockname()[1]}"


class _Server(uvicorn.Server):
    """uvicorn's server, ended by our own handlers: its own would end the process by the signal instead of exit 0."""

    def __init__(self, app: Starlette, options: Options, main: socket.socket, proxy: socket.socket | None) -> None:
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
        self._app, self._options, self._main, self._proxy = app, options, main, proxy
        self._doors: list[Door] = []

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        loop = asyncio.get_running_loop()
        main = threading.current_thread() is threading.main_thread()
        caught = (signal.SIGTERM, signal.SIGINT) if main else ()
        for number in caught:
            # Ctrl-C reaches a whole group of processes; with a parent that watches over us, it says when we end.
            ignored = number == signal.SIGINT and self._options.parent_watch
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
        await super().startup([] if self._options.tls else [self._main])
        for listener, proxy in ((self._main if self._options.tls else None, False), (self._proxy, True)):
            if listener is not None:
                context = tls_context(self._options.directory)
                self._doors.append(Door(listener, context, self._protocol, proxy=proxy))
                self._doors[-1].open()
        if self._options.parent_watch:
            self.watch_parent()
        print("\n".join(self._announcement()), flush=True)  # noqa: T201 - all that the program ever says

    def _protocol(self) -> CuttableProtocol:
        return CuttableProtocol(self.config, self.server_state, self.lifespan.state)

    def _announcement(self) -> list[str]:
        options, authority = self._options, self._options.directory / AUTHORITY
        lines = [f"Sandbox Dropbox on {options.shown(self._main)}"]
        if options.tls:
            lines.append(f"  with TLS on {options.shown(self._main, 'https')} for clients that trust {authority}")
        if self._proxy is not None:
            lines.append(f"  as Dropbox's own hosts through the proxy {options.shown(self._proxy)}, same certificate")
        return lines

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for door in self._doors:
            door.close()
        await super().shutdown([] if self._options.tls else [self._main])


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


def run(options: Options) -> int:
    """Serve until SIGTERM or SIGINT, with `parent_watch` until SIGTERM or the end of standard input.

    The exit code: 0, or 1 with one sentence on standard error when a port or the folder can't be had.
    """
    listeners: list[socket.socket] = []
    for port in (options.port, options.proxy):
        try:
            if port is not None:
                listeners.append(bind(options.host, port))
        except OSError as problem:
            print(f"The sandbox can't listen on {options.host}:{port}: {problem.strerror}.", file=sys.stderr)  # noqa: T201
            return 1
    try:
        app = create_app(options.directory, fresh=options.fresh)
    except Exception as problem:
        print(f"The sandbox can't start: {problem}.", file=sys.stderr)  # noqa: T201
        return 1
    _Server(app, options, listeners[0], listeners[1] if len(listeners) > 1 else None).run()
    return 0
