"""Mails: what strangers wrote is quoted, its links are dead, and it can forge neither header nor markup (AR-08)."""

import re

import pytest

from rules import letters
from rules.letters import Letterhead

HEAD = Letterhead("Clementine", "https://photos.example.com")
APPROVAL = "https://photos.example.com/approvals/token"
LINK = re.compile(r"https?://|www\.\w|\w\.(com|org|example)\b")


def notice(email="a@b.example", name="", message="", **more):
    return letters.new_request(
        HEAD, email=email, name=name, message=message, asked="today", path="/approvals/token", **more
    )


def test_a_notice_says_who_asks_why_and_when_and_has_one_link():
    letter = notice("ada@example.com", "Ada Byron", "For our wedding fair")
    assert letter.subject == "Ada Byron asks for access to Clementine"
    assert "E-mail: ada@example.com" in letter.text
    assert "> For our wedding fair" in letter.text
    assert "When: today" in letter.text
    assert letter.text.endswith(f"Look and decide: {APPROVAL}\n")
    assert f'<a href="{APPROVAL}">Look and decide</a>' in letter.html and letter.html.count("<a ") == 1


def test_a_notice_of_an_invitation_says_by_whom():
    letter = notice("ada@example.com", invited="Bob (bob@example.com) to the workspace Studio")
    assert letter.subject == "ada@example.com needs access to Clementine"
    assert "Invited by Bob (bob at example . com) to the workspace Studio" in letter.text


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
    letter = notice(name=evil, message=evil)
    theirs = letter.text.replace(APPROVAL, "").replace("a@b.example", "")
    assert not LINK.search(theirs.lower()), theirs
    assert letter.html.count("<a ") == 1
    html = letter.html.replace(APPROVAL, "").replace("a@b.example", "")
    assert not LINK.search(html.lower()), html


def test_a_name_can_forge_neither_a_header_nor_markup():
    letter = notice(name="Eve\r\nBcc: all@example.com\u202e<b>", message="<script>x</script>\n.\n--")
    assert "\n" not in letter.subject and "\r" not in letter.subject and "\u202e" not in letter.subject
    assert "<script>" not in letter.html and "<b>" not in letter.html
    assert "\u202e" not in letter.text
    assert "\n." not in letter.text


def test_every_line_of_a_message_is_marked_as_a_quotation():
    assert letters.quoted("one\r\ntwo\n\nthree") == "> one\n> two\n>\n> three"


def test_a_long_name_is_cut_in_the_subject_alone():
    letter = notice(name="n" * 100)
    assert len(letter.subject) < 100
    assert "n" * 100 in letter.text


def test_a_digest_names_people_and_says_how_many_more_there_are():
    people = [("ada@example.com", "Ada"), ("eve@example.com", "evil.com"), ("bob@example.com", "")]
    letter = letters.more_requests(HEAD, people=people, others=7)
    assert letter.subject == "10 more people ask for access to Clementine"
    assert "ada@example.com · Ada\neve@example.com · evil . com\nbob@example.com\n… and 7 more" in letter.text
    assert letter.text.endswith("See them all: https://photos.example.com/admin/requests\n")
    assert "1 more request has come in" in letters.more_requests(HEAD, people=people[:1], others=0).text


def test_without_a_known_address_there_is_no_link_at_all():
    letter = letters.more_requests(Letterhead("Clementine", None), people=[("a@b.example", "")], others=0)
    assert "http" not in letter.text + letter.html
    assert "Sign in as the site owner and open Admin to see them." in letter.text
