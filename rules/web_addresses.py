"""Which web addresses a stranger may have us fetch, and which network addresses we may connect to for them.

Nothing here resolves or connects: that is clients/web.py, which asks again at every hop and every try.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from urllib.parse import urljoin, urlsplit

MOST_LETTERS = 2048
PORTS = {"https": 443, "http": 80}

_LABEL = r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?"
# A top label that begins with a letter leaves out every spelling of a bare IPv4 address: 2130706433, 0x7f.1, 127.1.
_MOST_HOST = 253
_HOST = re.compile(rf"\A(?:{_LABEL}\.){{1,126}}[a-z](?:[a-z0-9-]{{0,61}}[a-z0-9])")
_PRINTABLE = re.compile(r"[\x21-\x7e]+")
_OURS_ALONE = (".localhost", ".local", ".internal", ".arpa", ".onion")

_CLOSED_V4 = tuple(ip_network(each) for each in ("192.88.99.0/24", "192.0.0.0/24", "168.63.129.16/32"))
"""Public by their number, and no place of anybody: old relays, protocol assignments, a cloud's own host."""
_OPEN_V6 = ip_network("2000::/3")
_CLOSED_V6 = tuple(ip_network(each) for each in ("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20"))
_NAT64 = ip_network("64:ff9b::/96")
_COMPATIBLE = ip_network("::/96")
_ISATAP = frozenset({0x00005EFE, 0x02005EFE})


@dataclass(frozen=True)
class WebAddress:
    """An address that may be looked up. `target` is path and query, as it stands in a request line."""

    scheme: str
    host: str
    port: int
    target: str

    @property
    def authority(self) -> str:
        """What the Host header says."""
        return self.host if self.port == PORTS[self.scheme] else f"{self.host}:{self.port}"

    @property
    def url(self) -> str:
        return f"{self.scheme}://{self.authority}{self.target}"

    def joined(self, location: str) -> str:
        """Where a redirect leads, as text: to be read as if a stranger had sent it, for one has."""
        return urljoin(self.url, location)


def web_address(text: str, *, schemes: frozenset[str] = frozenset({"https"}), any_port: bool = False) -> WebAddress:
    """Read an address strictly; ValueError with a sentence for a person, who then sees what to write instead.

    https on its own port, a name for a host, no user name: whatever two readers could understand differently is
    refused.
    """
    if len(text) > MOST_LETTERS:
        raise ValueError(f"Keep this to {MOST_LETTERS} characters; it has {len(text)}.")
    if not _PRINTABLE.fullmatch(text) or "\\" in text:
        raise ValueError("Use letters of ASCII alone, and no white space; encode others with % or punycode.")
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        raise ValueError("This is no web address.") from None
    if parts.scheme not in schemes or not text.lower().startswith(f"{parts.scheme}://"):
        raise ValueError("Use an address that begins with https://.")
    if "@" in parts.netloc:
        raise ValueError("Leave user name and password out of the address.")
    if parts.netloc.endswith(":") or (port is not None and port != PORTS[parts.scheme] and not any_port):
        raise ValueError("Leave the port out: only https on its own port is fetched.")
    host = (parts.hostname or "").lower()
    if len(host) > _MOST_HOST or not _HOST.fullmatch(host) or "[" in parts.netloc or host.endswith(_OURS_ALONE):
        raise ValueError("Name a public host, not an IP address.")
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return WebAddress(parts.scheme, host, PORTS[parts.scheme] if port is None else port, target)


def is_public(address: str) -> bool:
    """Whether a network address, as a look-up spells it, is one of the public internet, however it is wrapped.

    An IPv6 address that carries an IPv4 one (NAT64, 6to4, Teredo, mapped, compatible, ISATAP) is judged by that one
    too: packets may end there.
    """
    try:
        read = ip_address(address)
    except ValueError:
        return False
    if isinstance(read, IPv4Address):
        return _open_v4(read)
    if read.scope_id is not None:
        return False
    inside = list(_inside(read))
    if not all(_open_v4(each) for each in inside):
        return False
    if read.ipv4_mapped is not None or read in _NAT64:
        return True
    return read in _OPEN_V6 and read.is_global and not any(read in each for each in _CLOSED_V6)


def _inside(address: IPv6Address) -> Iterator[IPv4Address]:
    """The IPv4 addresses that it carries."""
    low = int(address) & 0xFFFFFFFF
    if address.ipv4_mapped is not None:
        yield address.ipv4_mapped
    if address.sixtofour is not None:
        yield address.sixtofour
    if address.teredo is not None:
        yield from address.teredo
    if address in _NAT64 or address in _COMPATIBLE or (int(address) >> 32 & 0xFFFFFFFF) in _ISATAP:
        yield IPv4Address(low)


def _open_v4(address: IPv4Address) -> bool:
    closed = (
        not address.is_global
        or address.is_multicast
        or address.is_reserved
        or address.is_unspecified
        or address.is_loopback
        or address.is_link_local
    )
    return not closed and not any(address in each for each in _CLOSED_V4)
