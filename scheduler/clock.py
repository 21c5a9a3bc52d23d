"""The time of background work. Store and rules get it as `now`; nothing below the scheduler reads a clock."""

import time


def now_ms() -> int:
    """Milliseconds since the epoch, UTC."""
    return time.time_ns() // 1_000_000
