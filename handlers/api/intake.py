"""What a push brings in, from the first byte until its rows are written: files on their way to disk, and typed fields.

Whatever goes wrong on the way, nothing of it stays.
"""

import asyncio
from collections.abc import AsyncIterable, Callable, Collection
from contextlib import aclosing
from dataclasses import dataclass
from types import TracebackType
from typing import Self, TypeVar

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from handlers.multipart import Caps, Event, Field, FileBegins, FileBlock, FileEnds, events, too_much
from rules.media import MediaType, recognise
from store import pictures
from store.incoming import Incoming, NoRoom, Stored
from store.media import Media
from store.stretch import open_stretch

FILE_FIELD = "file"
FIELDS_ROOM = 4 * 1024 * 1024
"""What a body may hold besides its files: 50 fields of 64 KiB, headers and boundaries."""
DRAIN_BYTES, DRAIN_SECONDS = 8 * 1024 * 1024, 2.0

T = TypeVar("T")


@dataclass
class Received:
    """One file of the push: what its sender called it, and what its content says that it is."""

    filename: str
    incoming: Incoming
    media_type: MediaType | None = None

    @property
    def kind(self) -> MediaType:
        """What it is. Only once its first bytes have come."""
        assert self.media_type is not None
        return self.media_type


class Intake:
    """Use it as `async with`: files that were not kept at its end are removed."""

    def __init__(self, media: Media, *, most: int) -> None:
        self.fields: list[Field] = []
        self.files: list[Received] = []
        self.strays: list[str] = []
        """Names of fields other than `file` that came with a file; its bytes are passed over."""
        self._media = media
        self._most = most
        self._current: Received | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for received in self.files:
            await self._run(received.incoming.drop)

    async def take(self, headers: Headers, body: AsyncIterable[bytes]) -> None:
        """Read the whole body. Raises 413, 415, 400, and 507 for a disk that is full or would be."""
        caps = Caps(body=Caps.files * self._most + FIELDS_ROOM)
        told = headers.get("content-length", "")
        if told.isdecimal() and int(told) > caps.body:
            raise too_much(f"This is larger than the {caps.body:,} bytes accepted here.")
        try:
            self._media.check_room(int(told) if told.isdecimal() else 0)
            async with aclosing(events(headers.get("content-type"), body, caps, file_field=FILE_FIELD)) as found:
                async for event in found:
                    await self._take(event)
        except NoRoom:
            raise HTTPException(507) from None

    async def keep(self) -> list[Stored]:
        """Put all files on disk, in order; `settle` follows. 507 for a full disk."""
        try:
            return await self._run(lambda: self._media.keep([received.incoming for received in self.files]))
        except NoRoom:
            raise HTTPException(507) from None

    async def settle(self, wanted: Collection[str]) -> None:
        """The rows are written, or refused: only files whose keys are `wanted` stay."""
        keys = [received.incoming.key for received in self.files]
        await self._run(lambda: self._media.settle(keys, wanted))

    async def _take(self, event: Event) -> None:
        match event:
            case Field():
                self.fields.append(event)
            case FileBegins(name=name, filename=filename):
                await self._begin(name, filename)
            case FileBlock(content=content):
                if self._current is not None:
                    await self._write(self._current, content)
            case FileEnds():
                if self._current is not None:
                    await self._end(self._current)

    async def _begin(self, name: str, filename: str) -> None:
        self._current = None
        if name != FILE_FIELD:
            self.strays.append(name)
            return
        beside = self.files[0].incoming.key if self.files else None
        self._current = Received(filename, await self._run(lambda: self._media.receive(beside)))
        self.files.append(self._current)

    async def _write(self, received: Received, content: bytes) -> None:
        if received.media_type is None:
            received.media_type = recognise(content)
            if received.media_type is None:
                raise _not_media("Only JPEG, PNG, WebP and GIF pictures, MP4 and MOV films are accepted.")
        if received.incoming.size + len(content) > self._most:
            raise too_much(f"A file is larger than the {self._most:,} bytes accepted here.")
        await self._run(lambda: received.incoming.write(content))

    async def _end(self, received: Received) -> None:
        if received.media_type is None:
            raise _not_media("A file is empty.")
        if sentence := await self._run(lambda: _refusal(received)):
            raise _not_media(sentence)

    async def _run(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._media.threads, work)


async def drained(headers: Headers, body: AsyncIterable[bytes]) -> bool:
    """Read what is left of a refused body, if that is little: then the sender surely gets to read the answer.

    False: more is coming, and the connection had better be closed. A body that says so is not asked for at all.
    """
    told = headers.get("content-length", "")
    if told.isdecimal() and int(told) > DRAIN_BYTES:
        return False
    seen = 0
    try:
        async with asyncio.timeout(DRAIN_SECONDS):
            async for chunk in body:
                seen += len(chunk)
                if seen > DRAIN_BYTES:
                    return False
    except (TimeoutError, ClientDisconnect):
        return False
    return True


def _refusal(received: Received) -> str | None:
    with open_stretch(received.incoming.path, 0, pictures.HEAD_BYTES) as head:
        return pictures.refusal(received.kind, head)


def _not_media(sentence: str) -> HTTPException:
    return HTTPException(415, sentence)
