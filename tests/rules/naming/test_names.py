"""Safe names of CONTRACT.md §5: its examples, the reserved names, and the properties of every result."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.characters import is_invisible
from rules.naming import MAX_NAME, safe_name
from rules.naming.names import FORBIDDEN, IGNORED_BY_DROPBOX, unreserved

hostile = st.text(st.sampled_from(' ./\\:*?"<>|~$_-\t\n\r\x00\u200b\u202e\u0301aACcOoNn19éß🎉👍🏽🇩🇪.tmp'), max_size=120)
anything = st.text(st.characters(), max_size=200) | hostile


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("A/B: C?", "A-B- C-"),
        ("  Gala.  ", "Gala"),
        ("CON", "CON_"),
        ("été 🎉", "été 🎉"),
        ("...", "Untitled"),
    ],
)
def test_sc_006_the_contract_s_examples_hold(text: str, name: str):
    assert safe_name(text) == name


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("", "Untitled"),
        (" \t\r\n ", "Untitled"),
        (".", "Untitled"),
        ("..", "Untitled"),
        ("\u200b\u202e\x00", "Untitled"),
        ("../../etc/passwd", "-..-etc-passwd"),
        ("a\\b", "a-b"),
        ("Summer\t\n Gala", "Summer Gala"),
        ("Summer\u00a0\u3000Gala", "Summer Gala"),
        ("Ga\u200bla\u202e", "Gala"),
        ("e\u0301te\u0301", "\u00e9t\u00e9"),
        ("e\u200d\u0301", "\u00e9"),
        ("\ud800Gala", "Gala"),
        (".hidden", "hidden"),
        ("Gala 2.0", "Gala 2.0"),
        ("日本語", "日本語"),
        ("x" * 300, "x" * 80),
        ("x" * 79 + " y", "x" * 79),
        ("x" * 79 + "e\u0323\u0302", "x" * 79 + "\u1ec7"),
        ("x" * 79 + "👍🏽", "x" * 79),
        ("🎉" * 100, "🎉" * 80),
    ],
)
def test_names_are_made_safe(text: str, name: str):
    assert safe_name(text) == name


@pytest.mark.parametrize("character", FORBIDDEN)
def test_each_forbidden_character_becomes_a_hyphen(character: str):
    assert safe_name(f"A{character}{character}B") == "A--B"


DEVICES = [
    *("CON", "con", "Prn", "AUX", "NUL", "CONIN$", "conout$"),
    *(f"{port}{n}" for port in ("COM", "lpt") for n in "123456789¹²³"),
]


@pytest.mark.parametrize("device", DEVICES)
def test_a_device_of_windows_gets_an_underscore(device: str):
    assert safe_name(device) == f"{device}_"
    assert safe_name(f"{device}.txt") == f"{device}_.txt"
    assert safe_name(f"{device}.tar.gz") == f"{device}_.tar.gz"
    assert safe_name(f"{device} .txt") == f"{device}_.txt"
    assert safe_name(f"{device}x") == f"{device}x"
    assert safe_name(f"my {device}") == f"my {device}"


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("desktop.ini", "desktop.ini_"),
        ("Thumbs.DB", "Thumbs.DB_"),
        (".DS_Store", "DS_Store"),
        ("icon\r", "icon"),
        (".dropbox", "dropbox"),
        (".dropbox.attr", "dropbox.attr"),
        ("~$Gala", "_~$Gala"),
        (".~Gala", "~Gala"),
        ("~Gala.tmp", "~Gala.tmp_"),
        ("~Gala.TMP", "~Gala.TMP_"),
        ("~Gala", "~Gala"),
        ("Gala.tmp", "Gala.tmp"),
        ("~" + "x" * 75 + ".tmp", "~" + "x" * 75 + ".tm"),
        ("~$" + "x" * 100, "_~$" + "x" * 77),
        ("con." + "x" * 100, "con_." + "x" * 75),
    ],
)
def test_names_that_dropbox_ignores_are_changed(text: str, name: str):
    assert safe_name(text) == name
    assert unreserved(name) == name
    assert name.lower() not in IGNORED_BY_DROPBOX


@given(anything)
def test_sc_006_a_safe_name_is_one_part_of_a_path_whatever_was_written(text: str):
    name = safe_name(text)
    assert 1 <= len(name) <= MAX_NAME
    assert not set(name) & set(FORBIDDEN)
    assert name == name.strip(" .")
    assert name not in (".", "..")
    assert "  " not in name
    assert not any(is_invisible(character) or character in "\t\n\v\f\r\x85" for character in name)
    assert unicodedata.is_normalized("NFC", name)
    assert unreserved(name) == name
    name.encode("utf-8")


@given(anything)
def test_sc_006_making_a_safe_name_safe_changes_nothing(text: str):
    assert safe_name(safe_name(text)) == safe_name(text)


@given(st.text("abcdefgh éü🎉", min_size=1, max_size=80).filter(lambda text: text == " ".join(text.split()) != ""))
def test_an_ordinary_name_stays_as_it_is(text: str):
    assert safe_name(text) == text
