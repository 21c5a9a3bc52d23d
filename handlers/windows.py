"""Moving windows: how often something was done within the last so many seconds, by key, in bounded memory.

What is counted, and how much of it is too much, is in limits.py.
"""

import time
from array import array
from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Callable, Sequence

MOST_KEYS = 50_000
MOST_HITS = 1_000_000
"""Eight bytes each. Beyond either bound, whatever was not asked for longest is forgotten: a flood forgives itself."""


class Windows:
    """Times of what was done, by key, the key asked for last at the end."""

    def __init__(
        self,
        *,
        most_keys: int = MOST_KEYS,
        most_hits: int = MOST_HITS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._most_keys = most_keys
        self._most_hits = most_hits
        self._clock = clock
        self._times: OrderedDict[str, array[float]] = OrderedDict()
        self._hits = 0

    def hit(self, keys: Sequence[tuple[str, int]], seconds: float) -> float:
        """Count one under all of the keys, each with how many of it a window of `seconds` may hold.

        Returns 0.0; or, with nothing counted, how many seconds it takes until all of them have room.
        """
        now = self._clock()
        wait = max(self._wait(key, most, now, seconds) for key, most in keys)
        if wait > 0:
            return wait
        for key, _ in keys:
            self._times.setdefault(key, array("d")).append(now)
            self._times.move_to_end(key)
            self._hits += 1
        while len(self._times) > self._most_keys or self._hits > self._most_hits:
            _, forgotten = self._times.popitem(last=False)
            self._hits -= len(forgotten)
        return 0.0

    def __len__(self) -> int:
        return len(self._times)

    def _wait(self, key: str, most: int, now: float, seconds: float) -> float:
        times = self._times.get(key)
        if times is None:
            return 0.0
        over = bisect_right(times, now - seconds)
        del times[:over]
        self._hits -= over
        self._times.move_to_end(key)
        return times[len(times) - most] + seconds - now if len(times) >= most else 0.0
