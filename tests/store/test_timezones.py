"""Time zones: what is offered is accepted, and old names still are."""

import pytest

from store import timezones
from store.errors import Invalid


def test_every_zone_that_is_offered_is_accepted():
    offered = timezones.offered()
    assert offered[0] == "UTC"
    assert {"Europe/Berlin", "Asia/Tokyo", "America/New_York"} <= set(offered)
    assert [timezones.accepted(name) for name in offered] == list(offered)


def test_an_older_spelling_and_outer_space_are_accepted():
    assert timezones.accepted(" Asia/Calcutta ") == "Asia/Calcutta"


@pytest.mark.parametrize("name", ["", "Mars/Base", "/etc/passwd", "../UTC", "localtime"])
def test_anything_else_is_a_sentence_beside_the_field(name: str):
    with pytest.raises(Invalid) as refusal:
        timezones.accepted(name)
    assert list(refusal.value.errors) == ["timezone"]
