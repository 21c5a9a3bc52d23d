"""Figures in words for people: sizes, times, kinds of files."""

import mimetypes
from datetime import UTC, datetime

UNITS = ("bytes", "KB", "MB", "GB", "TB")


def size(number: int | None) -> str:
    """A number of bytes, to three digits: `812 bytes`, `1.4 MB`."""
    value, unit = float(number or 0), 0
    while value >= 1000 and unit < len(UNITS) - 1:
        value, unit = value / 1000, unit + 1
    if unit == 0:
        return "1 byte" if number == 1 else f"{number or 0} bytes"
    return f"{value:.0f} {UNITS[unit]}" if value >= 100 else f"{value:.1f} {UNITS[unit]}"


def when(milliseconds: int | None) -> str:
    """A time in UTC: `11 Feb 2026, 19:24:03 UTC`."""
    if milliseconds is None:
        return ""
    moment = datetime.fromtimestamp(milliseconds / 1000, UTC)
    return f"{moment.day} {moment:%b %Y, %H:%M:%S} UTC"


def moment(milliseconds: int) -> str:
    """A time of day in UTC, to the thousandth: `19:24:03.512`."""
    return f"{datetime.fromtimestamp(milliseconds / 1000, UTC):%H:%M:%S.%f}"[:-3]


def kind(name: str) -> str:
    """What a file's name says it is: `image`, `video`, or `file`."""
    family = (mimetypes.guess_type(name)[0] or "").partition("/")[0]
    return family if family in ("image", "video") else "file"
