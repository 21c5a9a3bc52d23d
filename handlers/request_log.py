"""A request id and one log line for each request, and the address of whoever asks.

Never a query, a cookie or a body.
"""

import ipaddress
import re
import secrets
import time

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from settings import Network

log = structlog.get_logger("http")

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

# Paths that hold a one-time token: the log shows the route, not the token.
SECRET_PATHS = re.compile(r"^(/setup|/approvals|/claims|/invitations|/media)/[^/]+")


class RequestLog:
    """Gives every request an id, works out the client's address, and logs method, path, status and duration."""

    def __init__(self, app: ASGIApp, *, trusted_proxies: tuple[Network, ...] = ()) -> None:
        self.app = app
        self.trusted_proxies = trusted_proxies

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        request_id = secrets.token_hex(8)
        state = scope.setdefault("state", {})
        state["request_id"] = request_id
        state["client_ip"] = client_ip(scope, self.trusted_proxies)
        started = time.monotonic()
        status = 0

        async def send_with_id(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)["x-request-id"] = request_id
            await send(message)

        try:
            await self.app(scope, receive, send_with_id)
        finally:
            log.info(
                "request",
                method=scope["method"],
                path=SECRET_PATHS.sub(r"\1/…", scope["path"]),
                status=status,
                ms=round((time.monotonic() - started) * 1000, 1),
                request_id=request_id,
            )


def client_ip(scope: Scope, trusted: tuple[Network, ...]) -> str:
    """The peer, or, where the peer is a trusted proxy, the rightmost forwarded address that is not one."""
    said = str(scope["client"][0]) if scope.get("client") else ""
    peer = _address(said)
    if peer is None or not _within(peer, trusted):
        return said if peer is None else str(peer)
    forwarded = ",".join(Headers(scope=scope).getlist("x-forwarded-for"))
    for text in reversed([part.strip() for part in forwarded.split(",") if part.strip()]):
        hop = _address(text)
        if hop is None:
            break
        if not _within(hop, trusted):
            return str(hop)
    return str(peer)


def _address(text: str) -> Address | None:
    """The address; a socket that listens to both kinds sees IPv4 ones as ::ffff:192.0.2.1, which is the same one."""
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


def _within(address: Address, networks: tuple[Network, ...]) -> bool:
    return any(address in network for network in networks)
