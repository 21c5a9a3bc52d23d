"""One request for a file and its answer, over a connection that somebody else has made; patient, and not for ever.

Where it connects to, and whether it may, is web.py's part.
"""

import asyncio
import time
from collections.abc import AsyncGenerator
from contextlib import suppress
from dataclasses import dataclass

import h11

from rules.web_addresses import WebAddress

READ = 64 * 1024
_MOST_HEAD = 64 * 1024
_LATER = frozenset({429, 503})


class WebFailure(Exception):
    """An address that could not be fetched. The text is for our log alone: to whoever named it, all look the same.

    `final`: another try would end the same. `retry_after` is what the server asked for, in whole seconds.
    """

    def __init__(self, detail: str, *, final: bool = False, retry_after: int | None = None) -> None:
        super().__init__(detail)
        self.final = final
        self.retry_after = retry_after


@dataclass(frozen=True)
class Patience:
    """In seconds, but for `rate`: bytes a second that a body must come with on average, once `grace_s` are over."""

    connect_s: float = 10.0
    head_s: float = 20.0
    idle_s: float = 15.0
    grace_s: float = 20.0
    rate: int = 32 * 1024
    total_s: float = 900.0


class Talk:
    """One request and its answer."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, patience: Patience) -> None:
        self._reader = reader
        self._writer = writer
        self._patience = patience
        self._http = h11.Connection(h11.CLIENT, max_incomplete_event_size=_MOST_HEAD)

    async def ask(self, address: WebAddress) -> h11.Response:
        """Ask for the file; the head of the answer."""
        headers = [
            ("Host", address.authority),
            ("User-Agent", "Clementine"),
            ("Accept", "image/*, video/*"),
            ("Accept-Encoding", "identity"),
            ("Connection", "close"),
        ]
        request = self._http.send(h11.Request(method="GET", target=address.target, headers=headers))
        end = self._http.send(h11.EndOfMessage())
        async with asyncio.timeout(self._patience.head_s):
            self._writer.write((request or b"") + (end or b""))
            await self._writer.drain()
            while True:
                event = await self._next()
                if isinstance(event, h11.Response):
                    return event

    async def body(self) -> AsyncGenerator[bytes, None]:
        """The bytes of the file as they come, to its end as the answer's head has told it."""
        began, seen = time.monotonic(), 0
        while True:
            async with asyncio.timeout(self._patience.idle_s):
                event = await self._next()
            if isinstance(event, h11.EndOfMessage):
                return
            if isinstance(event, h11.Data):
                seen += len(event.data)
                yield bytes(event.data)
            took = time.monotonic() - began
            if took > self._patience.grace_s and seen < took * self._patience.rate:
                raise WebFailure("it came too slowly")

    async def _next(self) -> object:
        while True:
            event = self._http.next_event()
            if event is h11.NEED_DATA:
                self._http.receive_data(await self._reader.read(READ))
            else:
                return event


def check(response: h11.Response, most: int) -> None:
    """Refuse what is no whole file as it lies there, or says that it has more than `most` bytes."""
    status = response.status_code
    if status != 200:
        asked = header(response, b"retry-after") if status in _LATER else ""
        raise WebFailure(f"HTTP {status}", retry_after=int(asked) if asked.isdecimal() and len(asked) < 9 else None)
    if header(response, b"content-encoding").lower() not in ("", "identity"):
        raise WebFailure("compressed, though asked not to be", final=True)
    length = header(response, b"content-length")
    if not length and "chunked" not in header(response, b"transfer-encoding").lower():
        # Cut off on the way, it would look whole.
        raise WebFailure("it does not say where it ends")
    if length and int(length) > most:
        raise WebFailure("too large", final=True)


def header(response: h11.Response, name: bytes) -> str:
    """The last value of a header, given in lower case; empty where there is none."""
    found = ""
    for each, value in response.headers:
        if each == name:
            with suppress(UnicodeDecodeError):
                found = value.decode("ascii")
    return found
