"""Dropbox's limit on how many people may link an app in development: the meter, and recognising its refusal."""

import pytest

from rules.linked_people import meter, says_limit


@pytest.mark.parametrize(
    ("linked", "mark", "near"),
    [
        (0, 50, False),
        (39, 50, False),
        (40, 50, True),
        (50, 50, True),
        (51, 500, False),
        (400, 500, True),
        (500, 500, True),
        (501, None, False),
    ],
)
def test_the_meter_goes_to_the_next_mark_and_asks_for_attention_near_it(linked, mark, near):
    measured = meter(linked, None)
    assert (measured.mark, measured.near) == (mark, near)


@pytest.mark.parametrize(
    "words",
    [
        "This app has reached its user limit. Contact the app developer.",
        "This app is in development mode and can't accept more users.",
        "app_user_limit: user LIMIT reached",
    ],
)
def test_the_refusals_that_people_have_seen_are_recognised(words):
    assert says_limit(words)


@pytest.mark.parametrize(
    "words", ["", "The user chose not to give your app access.", "invalid redirect_uri", "rate limit"]
)
def test_other_refusals_are_not(words):
    assert not says_limit(words)
