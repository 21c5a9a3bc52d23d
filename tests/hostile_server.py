"""A web server on loopback that answers what a test says, byte by byte if need be, and counts who came."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

Answer = Callable[[bytes, asyncio.StreamWriter], Awaitable[None]]


class HostileServer:
    """`heads` are the requests as they came; `hits` counts connections, even those that asked for nothing."""

    def __init__(self, answer: Answer) -> None:
        self.answer = answer
        self.hits = 0
        self.heads: list[bytes] = []
        self.port = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.hits += 1
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            self.heads.append(head)
            await self.answer(head, writer)
        except (OSError, asyncio.IncompleteReadError):
            return
        finally:
            writer.close()


@asynccontextmanager
async def hostile_server(answer: Answer, tls: ssl.SSLContext | None = None) -> AsyncIterator[HostileServer]:
    hostile = HostileServer(answer)
    server = await asyncio.start_server(hostile.serve, "127.0.0.1", 0, ssl=tls)
    hostile.port = server.sockets[0].getsockname()[1]
    try:
        yield hostile
    finally:
        server.close()


def says(*pieces: bytes) -> Answer:
    """These bytes, and the end."""

    async def answer(head: bytes, writer: asyncio.StreamWriter) -> None:
        for piece in pieces:
            writer.write(piece)
            await writer.drain()

    return answer


def file(body: bytes, *headers: str, status: str = "200 OK") -> Answer:
    """A whole file with its length."""
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers]
    return says("\r\n".join(lines).encode() + b"\r\n\r\n" + body)


def leads(location: str, status: str = "302 Found") -> Answer:
    """A redirect."""
    return says(f"HTTP/1.1 {status}\r\nLocation: {location}\r\nContent-Length: 0\r\n\r\n".encode())


def drips(head: bytes, piece: bytes, every_s: float) -> Answer:
    """The head at once, then one piece after the other for ever."""

    async def answer(_: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(head)
        while True:
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(every_s)

    return answer
