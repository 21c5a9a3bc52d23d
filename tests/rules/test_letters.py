"""Mails: what strangers wrote is quoted, its links are dead, and it can forge neither header nor markup (AR-08)."""

import re

import pytest

from rules import letters
from rules.letters import Letterhead

HEAD = Letterhead("Clementine", "https://photos.example.com")
LINK = re.compile(r"https?://|www\.\w|\w\.(com|org|example)\b")


def test_a_notice_says_who_asks_and_where_to_decide():
    letter = letters.new_request(HEAD, email="ada@example.com", name="Ada Byron", message="For our wedding fair")
    assert letter.subject == "Ada Byron asks for access to Clementine"
    assert "E-mail: ada@example.com" in letter.text
    assert "> For our wedding fair" in letter.text
    assert letter.text.endswith("Decide: https://photos.example.com/admin/requests\n")
    assert '<a href="https://photos.example.com/admin/requests">Decide</a>' in letter.html


@pytest.mark.parametrize(
    "evil",
    [
        "Sign in at https://evil.example/login",
        "see www.evil.com",
        "evil.com/login",
        "write to boss@evil.com",
        "HTTPS://EVIL.COM",
        "ftp://evil.org",
        "e\u200bvil.com and evil\u2060.com",
        "line one\r\nevil.com",
    ],
)
def test_no_link_of_a_stranger_is_alive(evil):
    letter = letters.new_request(HEAD, email="a@b.example", name=evil, message=evil)
    theirs = letter.text.replace("https://photos.example.com/admin/requests", "").replace("a@b.example", "")
    assert not LINK.search(theirs.lower()), theirs
    assert letter.html.count("<a ") == 1
    html = letter.html.replace("https://photos.example.com/admin/requests", "").replace("a@b.example", "")
    assert not LINK.search(html.lower()), html


def test_a_name_can_forge_neither_a_header_nor_markup():
    letter = letters.new_request(
        HEAD, email="a@b.example", name="Eve\r\nBcc: all@example.com\u202e<b>", message="<script>x</script>\n.\n--"
    )
    assert "\n" not in letter.subject and "\r" not in letter.subject and "\u202e" not in letter.subject
    assert "<script>" not in letter.html and "<b>" not in letter.html
    assert "\u202e" not in letter.text
    assert "\n." not in letter.text


def test_every_line_of_a_message_is_marked_as_a_quotation():
    assert letters.quoted("one\r\ntwo\n\nthree") == "> one\n> two\n>\n> three"


def test_a_long_name_is_cut_in_the_subject_alone():
    letter = letters.new_request(HEAD, email="a@b.example", name="n" * 100, message="")
    assert len(letter.subject) < 100
    assert "n" * 100 in letter.text


def test_the_approved_person_learns_where_to_sign_in():
    letter = letters.approved(HEAD, email="ada@example.com")
    assert "Sign in here: https://photos.example.com/login" in letter.text
    assert "ada@example.com" in letter.text


def test_without_a_known_address_there_is_no_link_at_all():
    letter = letters.approved(Letterhead("Clementine", None), email="ada@example.com")
    assert "http" not in letter.text + letter.html
    assert "Sign in on the page where you asked for access." in letter.text
