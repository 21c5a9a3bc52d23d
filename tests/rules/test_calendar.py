"""Days as people write and read them, in UTC."""

import pytest

from rules.calendar import day_of, end_of_day, last_day, start_of_day

TUESDAY = 1_770_127_320_000  # 3 February 2026, 14:02 UTC


def test_a_moment_is_told_by_its_weekday():
    assert day_of(TUESDAY) == "Tuesday, 3 February 2026"
    assert day_of(TUESDAY, with_time=True) == "Tuesday, 3 February 2026, 14:02 UTC"


def test_a_day_ends_where_the_next_begins():
    assert end_of_day("2026-02-03") == start_of_day("2026-02-04") == start_of_day("2026-02-03") + 86_400_000
    assert start_of_day("2026-02-03") < TUESDAY < end_of_day("2026-02-03")


def test_the_last_day_of_what_ends_at_midnight_is_the_one_before():
    assert last_day(end_of_day("2026-02-28")) == "2026-02-28"


@pytest.mark.parametrize("text", ["", "tomorrow", "2026-02-30", "2026-2-3x", "2100-01-01", "9999-12-31", "0000-01-01"])
def test_what_is_no_day_is_refused_with_a_sentence(text):
    with pytest.raises(ValueError, match=r"Write the day|before 2100"):
        end_of_day(text)
