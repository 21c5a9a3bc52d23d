"""Dates and times in names: the project's clocks, whole seconds, digits that sort."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.naming import date_text, time_text, validate_timezone

MOMENT = 1_770_837_843_000  # 2026-02-11 19:24:03 UTC


@pytest.mark.parametrize(
    ("timezone", "date", "time"),
    [
        ("UTC", "2026-02-11", "19-24-03"),
        ("Europe/Berlin", "2026-02-11", "20-24-03"),
        ("America/New_York", "2026-02-11", "14-24-03"),
        ("Asia/Tokyo", "2026-02-12", "04-24-03"),
        ("Asia/Kathmandu", "2026-02-12", "01-09-03"),
    ],
)
def test_times_are_those_of_the_project_s_time_zone(timezone: str, date: str, time: str):
    assert (date_text(MOMENT, timezone), time_text(MOMENT, timezone)) == (date, time)


@pytest.mark.parametrize("part", [0, 1, 499, 500, 999])
def test_parts_of_a_second_are_dropped_not_rounded(part: int):
    assert time_text(MOMENT + part, "UTC") == "19-24-03"


def test_summer_time_is_the_summer_s():
    assert time_text(1_783_000_800_000, "Europe/Berlin") == "16-00-00"
    assert time_text(1_783_000_800_000, "UTC") == "14-00-00"


@given(st.integers(-62_135_500_000_000, 253_402_200_000_000))
def test_any_moment_of_the_calendar_has_a_date_and_a_time_of_fixed_width(created_at: int):
    date, time = date_text(created_at, "UTC"), time_text(created_at, "UTC")
    assert [len(part) for part in date.split("-")] == [4, 2, 2]
    assert [len(part) for part in time.split("-")] == [2, 2, 2]


@pytest.mark.parametrize("name", ["UTC", "Europe/Berlin", "America/Argentina/Buenos_Aires", "Etc/GMT+5"])
def test_time_zones_are_accepted_by_their_name(name: str):
    assert validate_timezone(name) == name


@pytest.mark.parametrize(
    "name",
    [
        "localtime",
        "Factory",
        "Europe/Berlin\x00",
        "posix/UTC",
        "Mars/Olympus",
        "",
        "utc ",
        "Europe",
        "Europe/",
        "europe/berlin",
        "Berlin",
        "+01:00",
        "../etc/passwd",
        "/etc/localtime",
    ],
)
def test_anything_else_is_refused_with_a_sentence(name: str):
    with pytest.raises(ValueError, match="Europe/Berlin"):
        validate_timezone(name)
