"""Rate limits, counted per IPv4 address, IPv6 /64, e-mail address or token.

The README lists them; LIMITS=off ends them.
"""

import ipaddress
import math
import time

from limits import RateLimitItem, parse
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter
from starlette.exceptions import HTTPException

# name → how many in how long. Counters live in memory: a restart forgives, and a moving window bounds their size.
LIMITS: dict[str, RateLimitItem] = {
    "request-access": parse("10 per hour"),
    "request-access-address": parse("5 per day"),
    "sign-in": parse("30 per 10 minutes"),
    "callback": parse("60 per 10 minutes"),
    "setup": parse("30 per hour"),
    "push": parse("1200 per minute"),
    "api": parse("3000 per minute"),
    "api-refused": parse("120 per minute"),
}


class Limits:
    """`check` raises the 429 with Retry-After when `who` has done `what` too often."""

    def __init__(self, *, enabled: bool) -> None:
        self._limiter = MovingWindowRateLimiter(MemoryStorage()) if enabled else None

    def check(self, what: str, who: str) -> None:
        if self._limiter is None or self._limiter.hit(LIMITS[what], what, bucket(who)):
            return
        stats = self._limiter.get_window_stats(LIMITS[what], what, bucket(who))
        seconds = max(1, math.ceil(stats.reset_time - time.time()))
        raise HTTPException(429, headers={"retry-after": str(seconds)})


def bucket(who: str) -> str:
    """An IPv6 address counts as its /64: one customer has that many. Anything else counts as itself."""
    try:
        address = ipaddress.ip_address(who)
    except ValueError:
        return who
    if address.version == 4:
        return who
    return str(ipaddress.ip_network(f"{address}/64", strict=False))
