"""The one kind of request that the sandbox makes itself: to an address of this machine, answered within seconds."""

import asyncio
import http.client
import io
import ipaddress
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from typing import IO, Any
from urllib.parse import SplitResult, urlsplit

MAX_ANSWER = 64 * 1024


class NotHere(ValueError):
    """An address that is none, or leads away from this machine."""


class Unanswered(Exception):
    """Nobody answered in time, or not in HTTP; the text says which."""


@dataclass(frozen=True)
class Reply:
    """An HTTP answer; header names are lower-cased."""

    status: int
    headers: Mapping[str, str]
    body: bytes


def check_address(url: str) -> SplitResult:
    """The parts of an http or https address of this machine; NotHere for any other."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname or "", parts.port
        local = host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        local = False
    if not local or parts.scheme not in ("http", "https") or not url.isascii() or " " in url:
        raise NotHere(f"{url} must be an http or https address of this machine: nothing here leaves it")
    return parts


async def send(method: str, url: str, headers: dict[str, str], body: bytes, seconds: float) -> Reply:
    """Make a request and read its answer, redirects unfollowed; raises NotHere or Unanswered."""
    parts = check_address(url)
    try:
        async with asyncio.timeout(seconds):
            raw = await _exchange(parts, _request(method, parts, headers, body))
        return _parsed(method, raw)
    except TimeoutError:
        raise Unanswered(f"no answer within {seconds:g} seconds") from None
    except (OSError, http.client.HTTPException) as problem:
        raise Unanswered(str(problem) or type(problem).__name__) from None


def _request(method: str, parts: SplitResult, headers: dict[str, str], body: bytes) -> bytes:
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    fields = {"Host": parts.netloc.rpartition("@")[2], "Connection": "close", "Content-Length": str(len(body))}
    lines = [f"{method} {target} HTTP/1.1", *(f"{name}: {value}" for name, value in {**fields, **headers}.items())]
    return "\r\n".join([*lines, "", ""]).encode() + body


async def _exchange(parts: SplitResult, request: bytes) -> bytes:
    secure = ssl.create_default_context() if parts.scheme == "https" else None
    port = parts.port or (443 if secure else 80)
    reader, writer = await asyncio.open_connection(parts.hostname, port, ssl=secure)
    try:
        writer.write(request)
        await writer.drain()
        received = bytearray()
        while len(received) < MAX_ANSWER and (chunk := await reader.read(MAX_ANSWER)):
            received += chunk
        return bytes(received)
    finally:
        writer.close()


class _Received:
    """Bytes in the place of the socket that the standard library reads answers from."""

    def __init__(self, raw: bytes) -> None:
        self._raw = raw

    def makefile(self, *given: Any) -> IO[bytes]:
        return io.BytesIO(self._raw)


def _parsed(method: str, raw: bytes) -> Reply:
    received: Any = _Received(raw)
    response = http.client.HTTPResponse(received, method=method)
    response.begin()
    return Reply(response.status, {name.lower(): value for name, value in response.getheaders()}, response.read())
