"""RFC 3339 moments become milliseconds UTC; what leaves room for a guess is refused."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.moments import parse_moment

AT = 1_770_837_843_000  # 2026-02-11 19:24:03 UTC


@pytest.mark.parametrize(
    ("text", "ms"),
    [
        ("2026-02-11T19:24:03Z", AT),
        ("2026-02-11t19:24:03z", AT),
        ("2026-02-11 19:24:03+00:00", AT),
        ("2026-02-11T20:24:03+01:00", AT),
        ("2026-02-11T13:54:03-05:30", AT),
        ("2026-02-11T19:24:03.5Z", AT + 500),
        ("2026-02-11T19:24:03.123999999Z", AT + 123),
        ("1970-01-01T00:00:00Z", 0),
        ("2099-12-31T23:59:59.999Z", 4_102_444_799_999),
    ],
)
def test_a_moment_is_read_to_the_millisecond(text, ms):
    assert parse_moment(text) == ms


@pytest.mark.parametrize(
    "text",
    [
        "",
        "now",
        "1770837843000",
        "2026-02-11",
        "2026-02-11T19:24:03",
        "2026-02-11T19:24Z",
        "2026-02-11T19:24:03+0100",
        "2026-2-11T19:24:03Z",
        "2026-02-30T19:24:03Z",
        "2026-02-11T24:00:00Z",
        "2026-02-11T19:24:60Z",
        "2026-02-11T19:24:03+24:00",
        "2026-02-11T19:24:03+01:60",
        "2026-02-11T19:24:03Z\n",
        " 2026-02-11T19:24:03Z",
        "٢٠٢٦-02-11T19:24:03Z",
        "0000-01-01T00:00:00Z",
        "0001-01-01T00:00:00+23:00",
        "1969-12-31T23:59:59.999Z",
        "2100-01-01T00:00:00Z",
    ],
)
def test_what_is_no_such_moment_is_refused_with_a_sentence(text):
    with pytest.raises(ValueError, match=r"\.$"):
        parse_moment(text)


@given(
    st.datetimes(datetime(1971, 1, 1), datetime(2099, 1, 1)).map(lambda moment: moment.replace(microsecond=0)),
    st.integers(-23 * 60, 23 * 60),
)
def test_any_offset_means_the_same_moment(moment, minutes):
    there = moment.replace(tzinfo=UTC).astimezone(timezone(timedelta(minutes=minutes)))
    assert parse_moment(there.isoformat()) == int(moment.replace(tzinfo=UTC).timestamp()) * 1000
