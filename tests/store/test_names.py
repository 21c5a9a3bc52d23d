"""Names: what is accepted is kept as typed, and a person's name always makes a name."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from store import names
from store.errors import Invalid


@given(st.text(max_size=150))
def test_a_name_that_was_accepted_is_accepted_again_unchanged(text: str):
    try:
        kept = names.accepted(text, of="project")
    except Invalid:
        return
    assert names.accepted(kept, of="project") == kept
    assert 0 < len(kept) <= names.MOST
    assert kept == kept.strip()


@given(st.text(max_size=300))
def test_whatever_dropbox_calls_a_person_a_name_can_be_made_of_it(text: str):
    assert names.accepted(names.fitted(text, otherwise="Studio"), of="workspace")


def test_a_long_name_is_cut_and_an_invisible_one_replaced():
    assert names.fitted("x" * 300, otherwise="Studio") == "x" * 100
    assert names.fitted(" \u200b\u202e ", otherwise="Studio") == "Studio"
    assert names.fitted("Ada\u200b Park", otherwise="Studio") == "Ada Park"


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("  Gala\t2026 \n", "Gala 2026"),
        ("A/B: C?", "A/B: C?"),
        ("été 🎉", "été 🎉"),
        ("CON", "CON"),
        ("...", "..."),
        ("evil\u202etxt.exe", "eviltxt.exe"),
    ],
)
def test_only_what_nobody_sees_is_taken_away(typed: str, kept: str):
    assert names.accepted(typed, of="project") == kept
