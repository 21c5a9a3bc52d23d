"""The time of a request. Store and rules get it as `now`; nothing below the handlers reads a clock."""

import time


def now_ms() -> int:
    """Milliseconds since the epoch, UTC."""
    return time.time_ns() // 1_000_000
