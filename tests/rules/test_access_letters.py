"""Mails to the people who ask: how their request stands, and nothing that a stranger wrote (AR-08)."""

import inspect

import pytest

from rules import access_letters as letters
from rules.letters import Letterhead

HEAD = Letterhead("Clementine", "https://photos.example.com")
SITE = "https://photos.example.com"
EMAIL = "ada@example.com"


def test_a_request_that_came_in_is_confirmed():
    letter = letters.received(HEAD, email=EMAIL)
    assert letter.subject == "We have your request for Clementine"
    assert EMAIL in letter.text and "If it wasn't you who asked, do nothing" in letter.text


def test_whoever_asks_again_learns_since_when_it_waits():
    assert "since Tuesday, 3 February 2026" in (
        letters.still_waiting(HEAD, email=EMAIL, since="Tuesday, 3 February 2026").text
    )


def test_whoever_is_approved_already_learns_where_to_sign_in():
    claiming = letters.already_approved(HEAD, email=EMAIL, claim_path="/claims/token")
    assert claiming.text.endswith(f"Sign in here: {SITE}/claims/token\n")
    bound = letters.already_approved(HEAD, email=EMAIL, claim_path="")
    assert bound.text.endswith(f"Sign in here: {SITE}/login\n") and "signed in with before" in bound.text


def test_whoever_was_denied_learns_when_they_may_ask_again():
    assert "You may ask again after Monday, 9 February 2026." in (
        letters.ask_again_later(HEAD, email=EMAIL, day="Monday, 9 February 2026").text
    )


def test_an_approval_comes_with_a_link_that_ties_any_dropbox_account_to_it():
    letter = letters.approved(HEAD, email=EMAIL, claim_path="/claims/token", until="2026-03-01")
    assert f'<a href="{SITE}/claims/token">Sign in here</a>' in letter.html and letter.html.count("<a ") == 1
    assert "works once, for 14 days" in letter.text and "ends by itself after 2026-03-01" in letter.text
    assert f"has the address {EMAIL}" in letter.text


def test_an_approval_of_somebody_who_was_here_before_leads_to_the_sign_in_page():
    letter = letters.approved(HEAD, email=EMAIL, claim_path="")
    assert letter.text.endswith(f"Sign in here: {SITE}/login\n") and "ends by itself" not in letter.text


def test_a_denial_brings_the_owners_note_as_a_quotation():
    letter = letters.denied(HEAD, email=EMAIL, note="Sorry,\nno <b>space</b>")
    assert "> Sorry,\n> no <b>space</b>" in letter.text and "<b>" not in letter.html
    assert "wrote" not in letters.denied(HEAD, email=EMAIL, note="").text


def test_an_access_that_ended_by_itself_is_told_apart_from_one_that_was_taken_back():
    assert "has taken back the access" in letters.revoked(HEAD, email=EMAIL).text
    assert "ended by itself" in letters.ended(HEAD, email=EMAIL).text


LETTERS = [
    function
    for name, function in inspect.getmembers(letters, inspect.isfunction)
    if function.__module__ == letters.__name__ and not name.startswith("_")
]


@pytest.mark.parametrize("letter", LETTERS, ids=lambda function: function.__name__)
def test_ar_08_no_mail_to_an_asker_can_carry_what_a_request_said(letter):
    given = set(inspect.signature(letter).parameters)
    assert given <= {"head", "email", "since", "claim_path", "day", "until", "note"}


@pytest.mark.parametrize("letter", LETTERS, ids=lambda function: function.__name__)
def test_without_a_known_address_there_is_no_link_at_all(letter):
    more = {name: "x" for name in inspect.signature(letter).parameters if name not in ("head", "email")}
    written = letter(Letterhead("Clementine", None), email=EMAIL, **more)
    assert "http" not in written.text + written.html
