"""Fetches the artifacts that were pushed as web addresses: a few at once, each into the media folder and its row.

How an address is fetched safely is clients/web.py's part; which ones are due stands in the rows.
"""

import asyncio
import itertools
import random
import secrets
import socket
import sqlite3
from collections.abc import Callable, Coroutine
from functools import partial
from typing import Any, TypeVar

import structlog

from clients.web import Web
from clients.web_talk import WebFailure
from rules.envelope import Keyring, Unsealable
from rules.media import MediaType, recognise
from rules.retry import MAX_ATTEMPTS, delay_ms
from scheduler.calls import on_a_thread
from store import artifacts, fetch_endings, fetches, pictures
from store.artifacts import Arrived
from store.database import Database
from store.fetches import Claimed
from store.incoming import Incoming, NoRoom
from store.media import Media
from store.stretch import open_stretch

AT_ONCE = 6
REST_MS = 60_000
"""After trouble of our own (a full disk): no try is spent on it."""
LONGEST_ASKED_S = 86_400
LONGEST_WAIT_S = 30

log = structlog.get_logger("fetcher")

T = TypeVar("T")


async def resolve(host: str, port: int) -> list[str]:
    """All addresses of a host, as the machine's own resolver says; OSError where there are none.

    Nobody is asked about names below .invalid, which exist nowhere (RFC 6761, section 6.4).
    """
    if host.endswith(".invalid"):
        raise OSError("no such host")
    found = await on_a_thread(partial(socket.getaddrinfo, host, port, type=socket.SOCK_STREAM))
    return list(dict.fromkeys(str(each[4][0]) for each in found))


class Fetcher:
    """`most` is how many bytes one file may have. Made and used in the event loop."""

    def __init__(
        self, database: Database, media: Media, web: Web, keyring: Keyring, now: Callable[[], int], *, most: int
    ) -> None:
        self._database = database
        self._media = media
        self._web = web
        self._keyring = keyring
        self._now = now
        self._most = most
        self._tries: set[asyncio.Task[None]] = set()
        self._closed = False
        boot = secrets.token_hex(8)
        self._claims = (f"{boot}:{number}" for number in itertools.count(1))

    async def recover(self) -> None:
        """At start: what a crash left claimed waits again."""
        if recovered := await self._database.write(fetch_endings.recover, now=self._now()):
            log.info("recovered fetches that were under way", count=recovered)

    async def look(self) -> None:
        """Begin whatever is due and has room. Returns at once; a failed try raises nothing."""
        room = AT_ONCE - len(self._tries)
        if self._closed or room <= 0 or not await self._database.read(fetches.any_due, now=self._now()):
            return
        for claimed in await self._database.write(fetches.claim, now=self._now(), claim=next(self._claims), most=room):
            task = asyncio.create_task(self._try(claimed))
            self._tries.add(task)
            task.add_done_callback(self._tries.discard)

    def close(self) -> None:
        """At the signal: nothing more is begun, and what is under way is given back."""
        self._closed = True
        for task in self._tries:
            task.cancel()

    async def stop(self) -> None:
        """Close, and wait until everything is given back. The database must still be open."""
        self.close()
        await self.ended()

    async def ended(self) -> None:
        """Wait until what is under way has ended by itself."""
        while self._tries:
            await asyncio.wait(self._tries)

    async def _try(self, claimed: Claimed) -> None:
        """One try, to its ending; cancelled before the file is whole, it is given back."""
        incoming: Incoming | None = None
        try:
            if not claimed.wanted:
                await self._write(partial(fetch_endings.failed, error="deleted"), claimed)
                return
            incoming = await self._run(self._media.receive)
            kind = await self._fetch(claimed, incoming)
            # From here on it is seen through: a file is kept and its row written, or neither.
            await self._seen_through(self._keep(claimed, incoming, kind))
        except WebFailure as failure:
            await self._put_off(claimed, failure)
        except asyncio.CancelledError:
            await asyncio.shield(self._give_back(claimed, "given back", rest_ms=0))
        except NoRoom:
            log.warning("no room for what is to be fetched")
            await self._give_back(claimed, "no room on our disk", rest_ms=REST_MS)
        except Exception as error:
            log.exception("a fetch broke", artifact=claimed.artifact_row_id)
            await self._put_off(claimed, WebFailure(f"an error of ours ({type(error).__name__})"))
        finally:
            if incoming is not None:
                await asyncio.shield(self._run(incoming.drop))

    async def _fetch(self, claimed: Claimed, incoming: Incoming) -> MediaType:
        """Take the file in, under the same checks as one that is pushed."""
        try:
            url = fetches.opened(self._keyring, claimed)
        except Unsealable as error:
            raise WebFailure(str(error), final=True) from None
        kind: MediaType | None = None

        async def take(block: bytes) -> None:
            nonlocal kind
            kind = kind or recognise(block)
            if kind is None:
                raise WebFailure("no media that is taken here", final=True)
            await self._run(partial(incoming.write, block))

        self._media.check_room()
        await self._web.fetch(url, most=self._most, take=take)
        assert kind is not None
        if await self._run(partial(_refusal, kind, incoming)):
            raise WebFailure("no picture that can be read", final=True)
        return kind

    async def _keep(self, claimed: Claimed, incoming: Incoming, kind: MediaType) -> None:
        """Bytes first, then rows, as a push does it."""
        (stored,) = await self._run(partial(self._media.keep, [incoming]))
        file = Arrived(kind.mime, kind.extension, stored)
        try:
            wanted = await self._database.write(fetch_endings.arrived, claimed, file, now=self._now())
        except BaseException:
            # Whether a broken commit has reached the disk, only the database knows.
            known = await self._database.read(artifacts.stored_keys, [stored.key])
            await self._run(partial(self._media.settle, [stored.key], known))
            raise
        await self._run(partial(self._media.settle, [stored.key], [stored.key] if wanted else []))

    async def _seen_through(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        try:
            await asyncio.shield(task)
        except asyncio.CancelledError:
            await asyncio.wait([task])
            if error := task.exception():
                log.error("a fetched file could not be kept", reason=type(error).__name__)

    async def _put_off(self, claimed: Claimed, failure: WebFailure) -> None:
        attempt, now = claimed.attempts + 1, self._now()
        log.warning("not fetched", artifact=claimed.artifact_row_id, attempt=attempt, reason=str(failure))
        if failure.final or attempt >= MAX_ATTEMPTS:
            await self._write(partial(fetch_endings.failed, error=str(failure)), claimed)
            return
        asked = min(failure.retry_after or 0, LONGEST_ASKED_S)
        wait = max(delay_ms(attempt, random.uniform(-1, 1)), asked * 1000)  # noqa: S311 - jitter
        await self._write(partial(fetch_endings.put_off, due_at=now + wait, error=str(failure)), claimed)

    async def _give_back(self, claimed: Claimed, error: str, *, rest_ms: int) -> None:
        put_off = partial(fetch_endings.put_off, due_at=self._now() + rest_ms, error=error, spent=False)
        await self._write(put_off, claimed)

    async def _write(self, ending: Callable[..., bool], claimed: Claimed) -> None:
        """Write the ending down, however long that takes: a fetch must not stay under way for ever."""
        for wait in itertools.chain((1, 2, 4, 8, 16), itertools.repeat(LONGEST_WAIT_S)):
            try:
                await self._database.write(ending, claimed, now=self._now())
                return
            except sqlite3.OperationalError:
                log.exception("the database takes no ending at the moment", artifact=claimed.artifact_row_id)
            await asyncio.sleep(wait)

    async def _run(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._media.threads, work)


def _refusal(kind: MediaType, incoming: Incoming) -> str | None:
    with open_stretch(incoming.path, 0, pictures.HEAD_BYTES) as head:
        return pictures.refusal(kind, head)
