"""Rate limits, counted per IPv4 address, IPv6 /64 (and, wider, /48), e-mail address or token.

The README lists them; LIMITS=off ends them.
"""

import ipaddress
import math
from dataclasses import dataclass

from starlette.exceptions import HTTPException

from handlers.windows import Windows

MINUTE, HOUR, DAY = 60, 3600, 86_400


@dataclass(frozen=True)
class Limit:
    """At most so many in any window of so many seconds."""

    most: int
    seconds: int


# Counted in memory: a restart forgives, and windows.py bounds its size.
LIMITS: dict[str, Limit] = {
    "request-access": Limit(10, HOUR),
    "request-access-address": Limit(5, DAY),
    "sign-in": Limit(30, 10 * MINUTE),
    "callback": Limit(60, 10 * MINUTE),
    "setup": Limit(30, HOUR),
    "link": Limit(60, HOUR),
    "invite": Limit(60, HOUR),
    "invite-address": Limit(5, DAY),
    "push": Limit(1200, MINUTE),
    "fetch": Limit(600, MINUTE),
    "api": Limit(3000, MINUTE),
    "api-refused": Limit(120, MINUTE),
}

# One customer may hold a whole /48, and many customers may share one.
WIDER = 16


class Limits:
    """`check` raises the 429 with Retry-After when `who` has done `what` too often."""

    def __init__(self, *, enabled: bool) -> None:
        self._windows = Windows() if enabled else None

    def check(self, what: str, who: str) -> None:
        if self._windows is None:
            return
        limit = LIMITS[what]
        keys = [(f"{what} {key}", limit.most * times) for key, times in buckets(who)]
        if wait := self._windows.hit(keys, limit.seconds):
            raise HTTPException(429, headers={"retry-after": str(max(1, math.ceil(wait)))})


def buckets(who: str) -> list[tuple[str, int]]:
    """What a limit is counted under, each with how many times the limit it may hold.

    An IPv6 address counts as its /64, which is the least that one customer has, and as its /48. One that stands for
    an IPv4 address (as sockets that listen to both see it) counts as that; anything that is no address as itself.
    """
    try:
        address = ipaddress.ip_address(who)
    except ValueError:
        return [(who, 1)]
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is None:
        number = int(address)
        return [(f"{number >> 64:x}/64", 1), (f"{number >> 80:x}/48", WIDER)]
    return [(str(getattr(address, "ipv4_mapped", None) or address), 1)]
