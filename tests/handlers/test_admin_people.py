"""Admin → People: what is known of somebody, their address and end, and how many have linked the Dropbox app."""

import re

import pytest

from commands import requests
from rules.calendar import last_day
from store.connect import rows
from tests.cast import OWNER, STUDIO, now_ms, path_of
from tests.handlers.studio import Studio, words

DAY = 86_400_000


@pytest.fixture
def owner(cast):
    return cast.sign_in(OWNER)


def person_of(owner, key):
    return f"/admin/people/{key}"


def test_a_person_shows_last_seen_devices_workspaces_and_connections(studio: Studio, owner):
    studio.connect()
    row = words(owner.get("/admin/people").text)
    assert "Samir Studer" in row and "Olivia Owens" in row
    page = words(owner.get(f"/admin/people/{studio.account_id}").text)
    assert "Owner · Dropbox of studio@example.com" in page and "Connected" in page
    assert "Signed-in devices" in page and "Last seen" in page and "Account signed in" in page


def test_people_are_searched(cast, owner):
    cast.approve(STUDIO)
    cast.sign_in(STUDIO)
    cast.approve("never@example.com")
    assert "never@example.com" not in owner.get("/admin/people?q=samir").text
    assert STUDIO in owner.get("/admin/people?q=samir").text
    assert "Nobody has “x&lt;y”" in owner.get("/admin/people?q=x%3Cy").text


def test_a_long_list_of_people_has_pages(owner, db):
    db.conn.executemany(
        """
        insert into access_requests (id, email_key, email, state, requested_at, decided_at, created_at, updated_at)
        values (:n, :n || '@x.example', :n || '@x.example', 'approved', 1, :n / 10, 1, 1)
        """,
        [{"n": number} for number in range(60)],
    )
    page = owner.get("/admin/people").text
    more = re.search(r'href="(/admin/people\?cursor=[^"]+)"', page)
    assert more and page.count("@x.example</a>") == 50
    assert owner.get(more.group(1)).text.count("@x.example</a>") == 10


def test_an_approval_gets_another_address_and_a_fresh_mail(cast, owner, db):
    cast.approve("old@example.com")
    (key,) = (row["id"] for row in rows(db, "select id from access_requests"))
    answer = owner.post(f"/admin/people/{key}/address", data={"email": STUDIO})
    assert answer.headers["location"] == f"/admin/people/{key}"
    assert f"Approved under {STUDIO}." in owner.get(answer.headers["location"]).text
    assert f"To {STUDIO}" in owner.get("/admin/mail").text
    assert cast.sign_in(STUDIO).get("/account").status_code == 200


@pytest.mark.parametrize(
    ("email", "status", "sentence"),
    [("", 422, "Enter an e-mail address."), ("nope", 422, "looks like"), (STUDIO, 409, "a request of its own")],
)
def test_an_address_that_cannot_be_taken_stays_typed(cast, owner, db, email, status, sentence):
    cast.client.post("/request-access", data={"email": STUDIO})
    cast.approve("old@example.com")
    key = rows(db, "select id from access_requests where state = 'approved'")[0]["id"]
    answer = owner.post(f"/admin/people/{key}/address", data={"email": email})
    assert answer.status_code == status and sentence in answer.text and f'value="{email}"' in answer.text
    assert "old@example.com" in answer.text


def test_the_end_of_somebodys_access_is_set_and_removed(cast, owner):
    cast.approve(STUDIO)
    studio = cast.sign_in(STUDIO)
    path, until = f"/admin/people/{cast.account_id(STUDIO)}", last_day(now_ms() + DAY)
    owner.post(f"{path}/until", data={"until": until})
    assert f'value="{until}"' in owner.get(path).text and studio.get("/account").status_code == 200
    assert owner.post(f"{path}/until", data={"until": "2020-01-01"}).status_code == 422
    assert owner.post(f"{path}/until", data={"until": "soon"}).status_code == 422
    owner.post(f"{path}/until", data={"until": ""})
    assert "The access has no end." in owner.get(path).text


def test_the_site_owner_has_neither_an_end_nor_a_revocation(cast, owner):
    path = f"/admin/people/{cast.account_id(OWNER)}"
    page = owner.get(path).text
    assert "Site owner" in page and "/revoke" not in page and "/address" not in page
    assert owner.post(f"{path}/until", data={"until": "2090-01-01"}).status_code == 409
    assert owner.post(f"{path}/address", data={"email": STUDIO}).status_code == 409


def test_nobody_unknown_is_shown(owner):
    for path in ("", "/address", "/until"):
        method = "GET" if not path else "POST"
        answer = owner.request(method, f"/admin/people/dbid:nobody{path}", data={"email": STUDIO} if path else None)
        assert answer.status_code == 404


def test_linked_dropbox_accounts_are_measured_against_dropboxes_own_limit(cast, owner, db):
    page = words(owner.get("/admin/people").text)
    assert "1 linked, as far as is known here; the next mark is 50" in page
    db.conn.executemany(
        """
        insert into accounts (id, email, display_name, token, created_at, signed_in_at, last_seen_at)
        values (:n, 'x', 'x', 'sealed', 1, 1, 1)
        """,
        [{"n": str(number)} for number in range(44)],
    )
    assert "close to the most people it may have" in owner.get("/admin/people").text


@pytest.mark.parametrize(
    "words_of_dropbox",
    ["This app has reached its user limit.", "This app is in development mode and can't accept more users."],
)
def test_dropboxes_refusal_is_a_sentence_for_the_person_and_one_for_the_owner(cast, owner, words_of_dropbox):
    cast.approve(STUDIO)
    browser = cast.browser()
    to = browser.post("/login", data={"next": "/"}).headers["location"]
    state = re.search(r"[?&]state=([^&]+)", to)
    assert state and "turned somebody away" not in owner.get("/admin/people").text
    answer = browser.get(
        "/auth/dropbox/callback",
        params={"state": state.group(1), "error": "access_denied", "error_description": words_of_dropbox},
    )
    assert answer.headers["location"] == "/login"
    told = browser.get("/login").text
    assert "has as many people as Dropbox allows it. Ask whoever runs the" in told and words_of_dropbox not in told
    assert "Dropbox turned somebody away on" in owner.get("/admin/people").text


def test_the_same_refusal_while_connecting_goes_back_to_where_it_began(studio: Studio, owner):
    to = studio.begin(next_path=studio.tab)
    state = re.search(r"[?&]state=([^&]+)", to)
    assert state
    answer = studio.owner.get(
        "/auth/dropbox/callback",
        params={"state": state.group(1), "error": "access_denied", "error_description": "user limit reached"},
    )
    assert path_of(answer.headers["location"]) == studio.tab and studio.connection() == {}
    assert "Nothing has changed." in studio.owner.get(studio.tab).text


def test_commands_stay_in_step(cast, owner, db):
    until = last_day(now_ms() + DAY)
    assert cast.command(requests.approve, STUDIO, until=until) == [
        f"{STUDIO} is approved and can sign in, until {until} (UTC)."
    ]
    assert f"Until {until}" in words(owner.get("/admin/people").text)
    assert cast.command(requests.revoke, STUDIO) == [f"{STUDIO} is revoked and signed out everywhere."]
    subjects = {row["subject"] for row in rows(db, "select subject from outbox where recipient = :to", to=STUDIO)}
    assert subjects == {"You can use Clementine now", "Your access to Clementine has ended"}
