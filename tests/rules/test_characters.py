"""Unseen characters go, seen ones stay, and no cut tears one apart."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.characters import cut, cut_utf16, is_invisible, strip_invisible, utf16_length

anything = st.text(st.characters())

UNSEEN = {
    "NUL": "\x00",
    "escape": "\x1b",
    "delete": "\x7f",
    "zero width space": "\u200b",
    "zero width joiner": "\u200d",
    "byte order mark": "\ufeff",
    "word joiner": "\u2060",
    "soft hyphen": "\u00ad",
    "left-to-right mark": "\u200e",
    "right-to-left override": "\u202e",
    "first strong isolate": "\u2068",
    "tag letter": "\U000e0061",
    "Hangul filler": "\u3164",
    "empty Braille cell": "\u2800",
    "half a surrogate": "\ud83c",
    "no character": "\ufffe",
    "no character, further on": "\U0001ffff",
}


@pytest.mark.parametrize("name", UNSEEN)
def test_unseen_characters_are_removed(name: str):
    assert strip_invisible(f"Ga{UNSEEN[name]}la{UNSEEN[name]}") == "Gala"


@pytest.mark.parametrize(
    "text", ["été 🎉", "✈️", "👍🏽", "🇩🇪", "שלום", "日本語", "葛\U000e0100", "\u0600\u0661", "a-b_c.d", "\ue000"]
)
def test_seen_characters_stay(text: str):
    assert strip_invisible(text) == text


def test_a_name_becomes_one_line_and_an_injected_header_stays_text():
    assert strip_invisible("  Eve\r\nBcc: all@example.com\t\u2028x ") == "Eve Bcc: all@example.com x"


def test_a_message_keeps_its_lines_and_at_most_one_empty_one_between_them():
    assert strip_invisible("\r\nHello,\r\n\r\n\n\n we  met\x00.\n\n", multiline=True) == "Hello,\n\nwe met."


@given(anything, st.booleans())
def test_stripping_twice_changes_nothing(text: str, multiline: bool):
    once = strip_invisible(text, multiline=multiline)
    assert strip_invisible(once, multiline=multiline) == once
    assert not any(is_invisible(character) for character in once)
    assert multiline or "\n" not in once
    assert unicodedata.is_normalized("NFC", once)


@pytest.mark.parametrize(
    ("text", "units", "kept"),
    [
        ("Gala", 4, "Gala"),
        ("Gala", 3, "Gal"),
        ("Gala", 0, ""),
        ("🎉🎉", 4, "🎉🎉"),
        ("🎉🎉", 3, "🎉"),
        ("🎉", 1, ""),
        ("Gale\u0323\u0302", 5, "Gal"),
        ("Gala👍🏽", 6, "Gala"),
        ("Gala✈️", 5, "Gala"),
        ("ab🇩🇪🇫🇷", 8, "ab🇩🇪"),
        ("ab🇩🇪🇫🇷", 6, "ab🇩🇪"),
        ("ab🇩🇪🇫🇷", 4, "ab"),
        ("a" + "\u0323" * 50, 20, "a" + "\u0323" * 19),
    ],
)
def test_a_cut_leaves_whole_characters(text: str, units: int, kept: str):
    assert cut_utf16(text, units) == kept


@given(anything, st.integers(0, 40))
def test_a_cut_is_a_beginning_that_fits_and_needs_no_second_cut(text: str, units: int):
    kept = cut_utf16(text, units)
    assert text.startswith(kept)
    assert utf16_length(kept) <= units
    assert cut_utf16(kept, units) == kept
    assert (kept == text) is (utf16_length(text) <= units)


@given(st.text(st.characters(codec="utf-8")))
def test_the_length_is_what_utf_16_has(text: str):
    assert utf16_length(text) == len(text.encode("utf-16-le")) // 2


@given(anything, st.integers(0, 40))
def test_a_cut_by_characters_fits_too(text: str, length: int):
    kept = cut(text, length)
    assert text.startswith(kept)
    assert len(kept) <= length
    assert (kept == text) is (len(text) <= length)
