"""Days and times of day as they stand in mails and sentences, all in UTC."""

from datetime import UTC, date, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
LAST_DAY = date(2100, 1, 1)


def day_of(ms: int, *, with_time: bool = False) -> str:
    """Tuesday, 3 February 2026; with the time: Tuesday, 3 February 2026, 14:02 UTC."""
    moment = datetime.fromtimestamp(ms / 1000, UTC)
    day = f"{moment:%A}, {moment.day} {moment:%B %Y}"
    return f"{day}, {moment:%H:%M} UTC" if with_time else day


def end_of_day(text: str) -> int:
    """The end of a day written as 2026-02-03, in milliseconds UTC; raises ValueError with a sentence for a person."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise ValueError("Write the day as 2026-02-03.") from None
    if day >= LAST_DAY:
        raise ValueError("Choose a day before 2100.")
    return int((datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(days=1) - _EPOCH).total_seconds()) * 1000


def start_of_day(text: str) -> int:
    """The same for its beginning."""
    return end_of_day(text) - 86_400_000


def last_day(until: int) -> str:
    """The day that ends at `until` (milliseconds UTC), as 2026-02-03."""
    return f"{datetime.fromtimestamp((until - 1) / 1000, UTC):%Y-%m-%d}"
