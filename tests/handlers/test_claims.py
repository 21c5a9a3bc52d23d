"""The link in the approval mail: whichever Dropbox account signs in through it is bound to the approval (OA-12)."""

import re

import pytest

from commands import requests
from store import mails
from store.connect import rows
from tests.cast import AGENCY, OWNER, STUDIO, UNVERIFIED, path_of
from tests.handlers.studio import words

DAY = 86_400_000
APPROVED = "samir@work.example"


@pytest.fixture
def link(cast, db, settings):
    """The path of the link in the mail to samir@work.example, whose Dropbox has the address studio@example.com."""
    cast.command(requests.approve, APPROVED)
    return link_to(db, settings)


def link_to(db, settings, recipient=APPROVED):
    text = next(mail.text or "" for mail in mails.listed(db, settings.keyring) if mail.recipient == recipient)
    found = re.search(r"https://clementine\.test(/claims/\S+)", text)
    assert found
    return found.group(1)


def claim(cast, link, email=STUDIO, browser=None, **form):
    """Through the link to Dropbox and back; the browser, and where it was led."""
    browser = browser or cast.browser()
    answer = browser.post(link, data=form)
    assert answer.status_code == 303, answer.text
    back = browser.get(path_of(cast.sandbox.decide(answer.headers["location"], email)))
    return browser, back.headers.get("location")


def bound(db):
    return {row["email"]: row["account_id"] for row in rows(db, "select email, account_id from access_requests")}


def test_another_dropbox_account_gets_in_and_both_addresses_are_shown_to_the_owner(cast, link, db):
    page = cast.browser().get(link)
    assert page.status_code == 200 and APPROVED in page.text
    browser, led = claim(cast, link)
    assert led == "/" and browser.get("/account").status_code == 200
    account = cast.account_id(STUDIO)
    assert bound(db) == {APPROVED: account}
    owner = cast.sign_in(OWNER)
    people = owner.get("/admin/people").text
    assert APPROVED in people and f"At Dropbox: {STUDIO}" in people
    person = words(owner.get(f"/admin/people/{account}").text)
    assert f"Approved address {APPROVED}" in person and f"Address at Dropbox {STUDIO}" in person
    assert "Access request claimed" in person
    assert cast.sign_in(STUDIO).get("/account").status_code == 200


def test_looking_uses_nothing_up_and_neither_does_turning_back(cast, link, db):
    browser = cast.browser()
    for _ in range(5):
        assert browser.get(link).status_code == browser.head(link).status_code == 200
    answer = browser.post(link)
    browser.get(path_of(cast.sandbox.decide(answer.headers["location"], STUDIO, allow=False)))
    assert bound(db) == {APPROVED: None} and browser.get(link).status_code == 200


def test_a_second_account_finds_the_link_used(cast, link, db):
    claim(cast, link)
    page = cast.browser().get(link)
    assert page.status_code == 410 and "This access is in use already" in page.text
    assert cast.browser().post(link).status_code == 410
    assert bound(db) == {APPROVED: cast.account_id(STUDIO)}


def test_two_trips_through_one_link_let_one_account_in(cast, link, db):
    first, second = cast.browser(), cast.browser()
    trips = [(browser, browser.post(link).headers["location"]) for browser in (first, second)]
    leads = [
        browser.get(path_of(cast.sandbox.decide(to, email))).headers["location"]
        for (browser, to), email in zip(trips, (STUDIO, AGENCY), strict=True)
    ]
    assert leads == ["/", "/login/refused"]
    assert bound(db) == {APPROVED: cast.account_id(STUDIO)}


def test_an_address_that_dropbox_has_not_verified_may_come_through_the_link(cast, link, db):
    assert claim(cast, link, UNVERIFIED)[1] == "/"
    assert bound(db) == {APPROVED: cast.account_id(UNVERIFIED)}


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ("update claim_links set expires_at = created_at", "It worked until"),
        ("update claim_links set ended_at = 1", "A newer mail has another one."),
        ("update access_requests set state = 'revoked'", "was taken back"),
        ("update access_requests set approved_until = 1", "This link has ended"),
    ],
)
def test_a_link_that_is_over_says_why_and_leads_on(cast, link, db, change, sentence):
    db.conn.execute(change)
    browser = cast.browser()
    for answer in (browser.get(link), browser.post(link)):
        assert answer.status_code == 410 and sentence in answer.text


def test_a_link_that_ends_while_its_person_is_at_dropbox_lets_nobody_in(cast, link, db):
    browser = cast.browser()
    to = browser.post(link).headers["location"]
    cast.command(requests.revoke, APPROVED)
    back = browser.get(path_of(cast.sandbox.decide(to, STUDIO)))
    assert back.headers["location"] == "/login/refused" and bound(db) == {APPROVED: None}


def test_somebody_revoked_gets_in_through_nobody_elses_link(cast, link, db):
    cast.approve(AGENCY)
    cast.sign_in(AGENCY)
    cast.command(requests.revoke, AGENCY)
    assert claim(cast, link, AGENCY)[1] == "/login/refused"
    assert claim(cast, link)[1] == "/"


def test_unknown_links_are_not_found(cast):
    for token in ("A" * 43, "x", "%00"):
        assert cast.browser().get(f"/claims/{token}").status_code == 404
        assert cast.browser().post(f"/claims/{token}").status_code == 404


def test_choosing_another_account_has_dropbox_ask_who_it_is(cast, link):
    assert "force_reauthentication=true" in cast.browser().post(link, data={"other": "1"}).headers["location"]


def test_ar_04_the_page_is_never_stored(cast, link):
    answer = cast.browser().get(link)
    assert (
        answer.headers["cache-control"] == "no-store"
        and "form-action 'self' http" in answer.headers["content-security-policy"]
    )
