"""The serving process: the socket, the signals, and an end within ten seconds. What is served is app.py's matter."""

import asyncio
import contextlib
import os
import resource
import signal
import socket
from collections.abc import Callable, Generator

import uvicorn
import uvloop
from starlette.applications import Starlette

from deadlines import Deadlines

REQUESTS_MAY_TAKE = 3  # seconds, from the signal
MOST_CONNECTIONS = 2000
OTHER_FILES = 400  # database, media, logs, and uploads to Dropbox


class PortTaken(Exception):
    """The port that was asked for is in use."""


def bind(host: str, port: int, asked_for: bool, name: str = "PORT") -> socket.socket:
    """A listening socket on the port; a taken one that nobody asked for gives the next free one."""
    for candidate in range(port, port + 1 if asked_for else port + 100):
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        sock = socket.socket(family, socket.SOCK_STREAM)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            sock.bind((host, candidate))
            sock.listen(2048)
            return sock
        except OSError as error:
            sock.close()
            reason = error.strerror or str(error)
    raise PortTaken(f"{name}: cannot listen on {host}:{port} ({reason}); stop what uses it, or choose another port.")


class Server(uvicorn.Server):
    """uvicorn without its own signal handling, which would raise the signal again and spoil the exit code."""

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        yield


def keep_memory_off_the_disk() -> None:
    """No core dump: it would hold tokens and keys in clear."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def connections_that_fit() -> int:
    """How many connections may be open at once, after asking for as many files as that takes."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MOST_CONNECTIONS + OTHER_FILES
    if hard != resource.RLIM_INFINITY:
        wanted = min(wanted, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
        soft = wanted
    have = MOST_CONNECTIONS if soft == resource.RLIM_INFINITY else soft - OTHER_FILES
    return max(50, min(MOST_CONNECTIONS, have))


def serve(app: Starlette, sock: socket.socket, *, at_signal: Callable[[], None]) -> None:
    """Serve until SIGTERM or SIGINT; `at_signal` is rung first, so that streams end and uploads drain meanwhile.

    A second signal ends the process at once: what is on disk is enough to go on from (recovery at start).
    """
    keep_memory_off_the_disk()
    config = uvicorn.Config(
        app,
        http=Deadlines,
        ws="none",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        lifespan="on",
        timeout_keep_alive=5,
        timeout_graceful_shutdown=REQUESTS_MAY_TAKE,
        limit_concurrency=connections_that_fit(),
    )
    server = Server(config)

    async def run() -> None:
        loop = asyncio.get_running_loop()

        def stop() -> None:
            if server.should_exit:
                os._exit(1)
            server.should_exit = True
            at_signal()

        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stop)
        await server.serve(sockets=[sock])

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(run())
    if not server.started:
        raise SystemExit(1)
