"""Ways in besides the plain port: TLS and plain HTTP on one port, and a proxy that answers for Dropbox's hosts."""

import asyncio
import contextlib
import logging
import socket
import ssl
from collections.abc import Callable

from sandbox.certificates import DOMAINS

HEAD_LIMIT = 8192
HEAD_SECONDS = 20
HANDSHAKE_BYTE = b"\x16"
CONNECTED = b"HTTP/1.1 200 Connection established\r\n\r\n"
log = logging.getLogger("sandbox")


class NotForUs(Exception):
    """A request that the proxy turns away: the text goes to the client."""


def is_dropbox(host: str) -> bool:
    """Whether a host belongs to Dropbox (or is this machine's name), so that the sandbox answers for it."""
    return any(host == domain or host.endswith(f".{domain}") for domain in DOMAINS)


class Door:
    """Takes connections from a listening socket, settles how the client speaks, and hands them to the HTTP server.

    With `proxy`, a client says CONNECT first. `make_protocol` makes the HTTP server's side of one connection.
    """

    def __init__(
        self,
        listener: socket.socket,
        context: ssl.SSLContext,
        make_protocol: Callable[[], asyncio.Protocol],
        *,
        proxy: bool,
    ) -> None:
        self._listener, self._context, self._make_protocol, self._proxy = listener, context, make_protocol, proxy
        self._guests: set[asyncio.Task[None]] = set()
        self._porter: asyncio.Task[None] | None = None

    def open(self) -> None:
        """Begin to accept."""
        self._listener.listen(2048)
        self._listener.setblocking(False)
        self._porter = asyncio.create_task(self._accept())

    def close(self) -> None:
        """Stop accepting; connections that were handed over are the server's."""
        for task in (self._porter, *self._guests):
            if task is not None:
                task.cancel()
        self._listener.close()

    async def _accept(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            try:
                guest, _ = await loop.sock_accept(self._listener)
            except OSError as problem:  # Too many open files, most likely: some will be closed.
                log.warning("a connection could not be taken: %s", problem)
                await asyncio.sleep(0.1)
                continue
            task = asyncio.create_task(self._receive(guest))
            self._guests.add(task)
            task.add_done_callback(self._guests.discard)

    async def _receive(self, guest: socket.socket) -> None:
        handed_over = False
        try:
            async with asyncio.timeout(HEAD_SECONDS):
                secure = await self._connect(guest) if self._proxy else await _peek(guest, 1) == HANDSHAKE_BYTE
            context = self._context if secure else None
            handed_over = True
            await asyncio.get_running_loop().connect_accepted_socket(self._make_protocol, guest, ssl=context)
        except (OSError, EOFError, TimeoutError) as problem:  # ssl.SSLError too: most often a client without our CA.
            log.info("a connection ended before its first request: %r", problem)
        finally:
            if not handed_over:
                guest.close()

    async def _connect(self, guest: socket.socket) -> bool:
        """Answer a CONNECT; what follows is TLS. NotForUs is told to the client, and the connection ends."""
        loop = asyncio.get_running_loop()
        try:
            check_connect(await _head(guest))
        except NotForUs as refused:
            text = f"{refused}\n".encode()
            head = f"HTTP/1.1 403 Forbidden\r\nContent-Type: text/plain\r\nContent-Length: {len(text)}\r\n"
            await loop.sock_sendall(guest, f"{head}Connection: close\r\n\r\n".encode() + text)
            with contextlib.suppress(OSError):
                guest.shutdown(socket.SHUT_WR)
            raise EOFError(str(refused)) from None
        await loop.sock_sendall(guest, CONNECTED)
        return True


def check_connect(head: bytes) -> None:
    """Refuse everything but CONNECT to port 443 of a host of Dropbox's."""
    words = head.split(b"\r\n", 1)[0].decode("latin-1").split()
    if len(words) != 3 or words[0] != "CONNECT":
        raise NotForUs("This proxy only takes CONNECT; plain HTTP goes to the sandbox's own port.")
    host, _, port = words[1].lower().rpartition(":")
    if not is_dropbox(host) or port != "443":
        raise NotForUs(f"This proxy leads to the sandbox, which answers for Dropbox's hosts only, not for {words[1]}.")


async def _peek(guest: socket.socket, most: int) -> bytes:
    """The first bytes that a client sends, which stay to be read; EOFError when there are none."""
    loop = asyncio.get_running_loop()
    ready: asyncio.Future[None] = loop.create_future()
    loop.add_reader(guest.fileno(), lambda: None if ready.done() else ready.set_result(None))
    try:
        await ready
    finally:
        loop.remove_reader(guest.fileno())
    data = guest.recv(most, socket.MSG_PEEK)
    if not data:
        raise EOFError("the client said nothing")
    return data


async def _head(guest: socket.socket) -> bytes:
    """A request's head, and not a byte beyond it: the client's handshake follows."""
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        seen = await _peek(guest, HEAD_LIMIT)
        end = (head + seen).find(b"\r\n\r\n")
        head += guest.recv(len(seen) if end < 0 else end + 4 - len(head))
        if len(head) > HEAD_LIMIT:
            raise NotForUs("The request's head is too long.")
    return head
