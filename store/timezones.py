"""Time zones by their IANA names: which are accepted, and which are offered to choose from."""

from functools import cache
from importlib import resources
from zoneinfo import available_timezones

from store.errors import Invalid

UTC = "UTC"
# What the machine happens to be set to, and a placeholder of the database: neither means the same everywhere.
_NO_PLACES = frozenset({"localtime", "Factory"})


@cache
def _known() -> frozenset[str]:
    return frozenset(available_timezones()) - _NO_PLACES


def accepted(name: str) -> str:
    """The name itself, trimmed, if it is in the IANA database; else raises Invalid for the field `timezone`."""
    trimmed = name.strip()
    if trimmed not in _known():
        raise Invalid({"timezone": "Choose a time zone by its IANA name, such as Europe/Paris or UTC."})
    return trimmed


@cache
def offered() -> tuple[str, ...]:
    """UTC, then one name for each zone that some country uses today. Older spellings are accepted all the same."""
    table = resources.files("tzdata").joinpath("zoneinfo/zone.tab").read_text(encoding="utf-8")
    places = {line.split("\t")[2].strip() for line in table.splitlines() if not line.startswith("#")}
    return (UTC, *sorted(places & _known()))
