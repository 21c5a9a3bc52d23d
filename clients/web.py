"""Fetching a file from an address that a stranger named (SECURITY.md §1.7), without becoming their hand in our network.

A host is looked up once, all of its addresses must be public ones, and the connection goes to one of exactly these.
What the bytes mean, and what becomes of them, is the caller's.
"""

import asyncio
import ssl
from collections.abc import Awaitable, Callable
from contextlib import aclosing
from dataclasses import dataclass

import h11

from clients.web_talk import READ, Patience, Talk, WebFailure, check, header
from rules.web_addresses import WebAddress, is_public, web_address

REDIRECTS = 3
BLOCK = 256 * 1024
_MOST_ADDRESSES = 4
_MOVED = frozenset({301, 302, 303, 307, 308})

Resolve = Callable[[str, int], Awaitable[list[str]]]
"""From a host and a port to its network addresses as text; raises OSError where there are none."""

Take = Callable[[bytes], Awaitable[None]]


@dataclass(frozen=True)
class Allowed:
    """Exceptions from the rules, for tests on loopback alone: these pairs of address and port, with or without TLS."""

    destinations: frozenset[tuple[str, int]] = frozenset()

    @property
    def schemes(self) -> frozenset[str]:
        return frozenset({"https", "http"}) if self.destinations else frozenset({"https"})

    def admits(self, address: str, port: int) -> bool:
        """Whether we may connect there."""
        return is_public(address) or (address, port) in self.destinations


NO_EXCEPTION = Allowed()


class Web:
    """The public internet. Neither proxies nor cookies nor credentials of ours ever go out."""

    def __init__(
        self,
        resolve: Resolve,
        *,
        tls: ssl.SSLContext | None = None,
        patience: Patience | None = None,
        allowed: Allowed = NO_EXCEPTION,
    ) -> None:
        self._resolve = resolve
        self._tls = tls or ssl.create_default_context()
        self._patience = patience or Patience()
        self._allowed = allowed

    async def fetch(self, url: str, *, most: int, take: Take) -> None:
        """Hand the file at `url` to `take`, block by block; at least one block, each but the last of BLOCK bytes.

        Raises WebFailure for whatever goes wrong out there, and at once for more than `most` bytes; what `take` raises
        passes as it is.
        """
        try:
            async with asyncio.timeout(self._patience.total_s):
                address = self._address(url)
                for _ in range(REDIRECTS + 1):
                    location = await self._hop(address, most, take)
                    if location is None:
                        return
                    address = self._address(address.joined(location))
                raise WebFailure("too many redirects")
        except _TakerFailed as failed:
            raise failed.error from None
        except TimeoutError:
            raise WebFailure("it took too long") from None
        except h11.RemoteProtocolError as error:
            raise WebFailure(f"no HTTP as it should be: {error}") from None
        except (OSError, ssl.SSLError) as error:
            raise WebFailure(f"no connection ({type(error).__name__})") from None

    def _address(self, text: str) -> WebAddress:
        try:
            return web_address(text, schemes=self._allowed.schemes, any_port=bool(self._allowed.destinations))
        except ValueError as refusal:
            raise WebFailure(f"an address that is not fetched: {refusal}") from None

    async def _hop(self, address: WebAddress, most: int, take: Take) -> str | None:
        """One request on a connection of its own; where it leads on to, or None when the file has been taken."""
        reader, writer = await self._connect(address)
        try:
            talk = Talk(reader, writer, self._patience)
            response = await talk.ask(address)
            if response.status_code in _MOVED:
                return header(response, b"location")
            check(response, most)
            await self._take(talk, most, take)
            return None
        finally:
            # Nothing is waited for: a server that does not want to close must not hold us.
            writer.transport.abort()

    async def _connect(self, address: WebAddress) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        found = await self._resolve(address.host, address.port)
        if not found or not all(self._allowed.admits(each, address.port) for each in found):
            raise WebFailure("its host is not of the public internet")
        failed: Exception | None = None
        for each in found[:_MOST_ADDRESSES]:
            try:
                async with asyncio.timeout(self._patience.connect_s):
                    return await self._open(each, address)
            except (OSError, TimeoutError) as error:
                failed = error
        raise WebFailure(f"no connection ({type(failed).__name__})")

    async def _open(self, found: str, address: WebAddress) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """Connect to the checked address and no other; the certificate has to be the named host's."""
        if address.scheme == "http":
            return await asyncio.open_connection(found, address.port, limit=READ)
        return await asyncio.open_connection(
            found, address.port, ssl=self._tls, server_hostname=address.host, limit=READ
        )

    async def _take(self, talk: Talk, most: int, take: Take) -> None:
        block, seen = bytearray(), 0
        async with aclosing(talk.body()) as pieces:
            async for piece in pieces:
                seen += len(piece)
                if seen > most:
                    raise WebFailure("too large", final=True)
                block += piece
                while len(block) >= BLOCK:
                    await _hand(take, bytes(block[:BLOCK]))
                    del block[:BLOCK]
        if not seen:
            raise WebFailure("empty")
        if block:
            await _hand(take, bytes(block))


class _TakerFailed(Exception):
    """What the caller's own part raised: an OSError of our disk must not pass for one of the network."""

    def __init__(self, error: Exception) -> None:
        super().__init__()
        self.error = error


async def _hand(take: Take, block: bytes) -> None:
    try:
        await take(block)
    except Exception as error:
        raise _TakerFailed(error) from error
