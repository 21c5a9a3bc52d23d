"""A moment as RFC 3339 writes it, read strictly: with a date, a time of day and an offset, or it is none."""

import re
from datetime import UTC, datetime, timedelta, timezone

_SHAPE = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)[Tt ](\d\d):(\d\d):(\d\d)(?:\.(\d{1,18}))?(?:([Zz])|([+-])(\d\d):(\d\d))", re.ASCII
)
EARLIEST = int(datetime(1970, 1, 1, tzinfo=UTC).timestamp() * 1000)
LATEST = int(datetime(2100, 1, 1, tzinfo=UTC).timestamp() * 1000)
"""Wide enough for any clock that a camera was ever set to, and narrow enough for every calendar."""


def parse_moment(text: str) -> int:
    """Milliseconds UTC, what is finer cut off; raises ValueError with a sentence for a person."""
    found = _SHAPE.fullmatch(text)
    if found is None:
        raise ValueError("Write it as RFC 3339 with an offset, such as 2026-02-11T19:24:03Z.")
    *numbers, fraction, _, sign, hours, minutes = found.groups()
    try:
        if int(minutes or 0) > 59:
            raise ValueError
        away = timedelta(hours=int(hours or 0), minutes=int(minutes or 0)) * (-1 if sign == "-" else 1)
        moment = datetime(*map(int, numbers), tzinfo=timezone(away))  # type: ignore[arg-type, misc]
        seconds = (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(seconds=1)
    except (ValueError, OverflowError):
        raise ValueError("There is no such date and time.") from None
    at = seconds * 1000 + int((fraction or "").ljust(3, "0")[:3])
    if not EARLIEST <= at < LATEST:
        raise ValueError("Use a time between 1970 and 2100.")
    return at
