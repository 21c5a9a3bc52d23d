"""Blocking calls beside the event loop, on threads that neither a stop nor the end of the process has to wait for."""

import asyncio
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar

from clients.dropbox_line import Line

LOOK_EVERY_S = 5.0
LONGEST_IDLE_S = 130.0
"""Longer than the socket timeouts: reached only by an answer that drips, which no socket timeout ends."""

T = TypeVar("T")


async def on_a_thread(work: Callable[[], T], line: Line | None = None) -> T:
    """Run `work` on a thread of its own and return what it returns; a line on which nothing moves is given up.

    The thread is a daemon: one that hangs in a name look-up holds up no exit. Cancelled, the line is cut and the
    thread left to itself.
    """
    ended = _begun(work)
    try:
        while not ended.done():
            await asyncio.wait({ended}, timeout=LOOK_EVERY_S)
            if line is not None and not ended.done() and line.idle_s() > LONGEST_IDLE_S:
                line.expire()
    except asyncio.CancelledError:
        ended.cancel()
        if line is not None:
            line.cut()
        raise
    return ended.result()


def _begun(work: Callable[[], T]) -> asyncio.Future[T]:
    loop = asyncio.get_running_loop()
    ended: asyncio.Future[T] = loop.create_future()

    def tell(resolve: Callable[[], None]) -> None:
        if not ended.done():
            resolve()

    def run() -> None:
        try:
            value = work()
            resolve: Callable[[], None] = lambda: ended.set_result(value)  # noqa: E731
        except BaseException as error:
            failed = error
            resolve = lambda: ended.set_exception(failed)  # noqa: E731
        # The loop may have ended meanwhile: then nobody wants to know any more.
        with suppress(RuntimeError):
            loop.call_soon_threadsafe(tell, resolve)

    threading.Thread(target=run, name="call", daemon=True).start()
    return ended
