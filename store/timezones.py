"""Time zones by their IANA names: the ones that people are offered, and the refusal of any other as a field's error."""

from functools import cache
from importlib import resources

from rules.naming import validate_timezone
from store.errors import Invalid

UTC = "UTC"


def accepted(name: str) -> str:
    """The name without outer white space, if it is a time zone's; else raises Invalid for the field `timezone`."""
    try:
        return validate_timezone(name.strip())
    except ValueError as error:
        raise Invalid({"timezone": str(error)}) from None


@cache
def offered() -> tuple[str, ...]:
    """UTC, then one name for each zone that some country uses today. Older spellings are accepted all the same."""
    table = resources.files("tzdata").joinpath("zoneinfo/zone.tab").read_text(encoding="utf-8")
    places = {line.split("\t")[2].strip() for line in table.splitlines() if not line.startswith("#")}
    return (UTC, *sorted(places))
