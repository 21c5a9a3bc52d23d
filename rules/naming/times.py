"""Dates and times as they stand in names: whole seconds on the clocks of the project's time zone."""

from datetime import datetime
from functools import lru_cache
from zoneinfo import ZoneInfo, available_timezones

DEFAULT_TIMEZONE = "UTC"

_NO_ZONES = frozenset({"localtime", "Factory"})  # the machine's own setting, and the sign that it has none


@lru_cache(maxsize=1)
def _zones() -> frozenset[str]:
    return frozenset(available_timezones()) - _NO_ZONES


def validate_timezone(name: str) -> str:
    """The name itself if it is a time zone's (`Europe/Berlin`); ValueError with a sentence otherwise."""
    if name not in _zones():
        raise ValueError("This is no time zone; write one like Europe/Berlin or UTC.")
    return name


def _moment(created_at: int, timezone: str) -> datetime:
    return datetime.fromtimestamp(created_at // 1000, ZoneInfo(timezone))


def date_text(created_at: int, timezone: str) -> str:
    """`2026-02-11` for milliseconds UTC, in that zone."""
    return _moment(created_at, timezone).date().isoformat()


def time_text(created_at: int, timezone: str) -> str:
    """`19-24-03` for milliseconds UTC, in that zone; parts of a second are dropped."""
    return _moment(created_at, timezone).strftime("%H-%M-%S")
