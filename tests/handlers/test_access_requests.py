"""The request form: one answer for everybody, sentences beside the fields, limits, and nothing to choose (§1.4)."""

import itertools
import re
import statistics
import time

import pytest
from starlette.testclient import TestClient

from app import create_app
from commands import requests
from store import access_rules
from store.access_rules import Effect
from store.connect import DATABASE_FILE, immediate, open_connection
from tests.cast import OWNER, SAME_ORIGIN, STUDIO, now_ms

FORM = "/request-access"


def requests_in(db):
    return db.conn.execute("select email, name, message, state from access_requests order by email").fetchall()


def ask(browser, email=STUDIO, **more):
    return browser.post(FORM, data={"email": email, **more})


def test_a_request_waits_for_the_owner(client, db):
    answer = ask(client, name="Samir", message="Weddings\r\n\r\n\r\nand fairs")
    assert (answer.status_code, answer.headers["location"]) == (303, "/request-access/sent")
    assert requests_in(db) == [(STUDIO, "Samir", "Weddings\n\nand fairs", "pending")]
    for _ in range(2):
        assert f"We have your request for {STUDIO}" in client.get("/request-access/sent").text


def test_the_sent_page_names_nobody_to_a_stranger(client):
    page = client.get("/request-access/sent")
    assert page.status_code == 200 and "We have your request</h1>" in page.text


@pytest.mark.parametrize(
    ("fields", "name", "sentence"),
    [
        ({"email": ""}, "email", "Enter an e-mail address."),
        ({}, "email", "Enter an e-mail address."),
        ({"email": "nope"}, "email", "An e-mail address looks like name@example.com."),
        ({"email": "a@b.example\nBcc: x"}, "email", "no spaces"),
        ({"email": STUDIO, "name": "n" * 101}, "name", "Keep this to 100 characters; it has 101."),
        ({"email": STUDIO, "message": "m" * 1001}, "message", "Keep this to 1000 characters; it has 1001."),
    ],
)
def test_what_is_wrong_is_said_beside_the_field_and_what_was_typed_stays(client, db, fields, name, sentence):
    answer = client.post(FORM, data={"name": "Samir", "message": "Kept words", **fields})
    assert answer.status_code == 422
    error = re.search(rf'id="field-{name}-error".*?</p>', answer.text, re.DOTALL)
    assert error and sentence in error.group()
    assert 'aria-invalid="true"' in answer.text
    if name != "message":
        assert "Kept words" in answer.text
    assert requests_in(db) == []


def test_a_message_of_exactly_the_limit_is_taken_however_its_lines_end(client, db):
    assert ask(client, message="m" * 499 + "\r\n" + "m" * 500).status_code == 303
    assert len(requests_in(db)[0][2]) == 1000


STATES = ("new", "pending", "approved", "denied", "revoked", "blocked")


@pytest.fixture
def in_every_state(cast, db):
    """An address for each state that one can be in; the new one is new at every call."""
    for state in ("pending", "denied"):
        ask(cast.client, f"{state}@example.com")
    for state in ("approved", "revoked"):
        cast.command(requests.approve, f"{state}@example.com")
    cast.command(requests.deny, "denied@example.com")
    cast.command(requests.revoke, "revoked@example.com")
    with immediate(db):
        access_rules.add(db, effect=Effect.BLOCK, about="blocked@example.com", by=None, ip="", now=now_ms())
    count = itertools.count()
    return lambda state: f"new{next(count)}@example.com" if state == "new" else f"{state}@example.com"


def test_ar_01_the_answer_is_the_same_whatever_stands_behind_the_address(cast, in_every_state, db):
    answers = set()
    for state in STATES:
        browser, email = cast.browser(), in_every_state(state)
        answer = ask(browser, email)
        kept = {name: value for name, value in answer.headers.items() if name not in ("x-request-id", "set-cookie")}
        shown = browser.get("/request-access/sent").text.replace(email, "…")
        answers.add((answer.status_code, answer.content, str(kept), shown))
    assert len(answers) == 1
    assert {email.partition("@")[0]: state for email, _, _, state in requests_in(db)} == {
        "new0": "pending",
        "pending": "pending",
        "approved": "approved",
        "denied": "denied",
        "revoked": "revoked",
    }


def test_ar_01_the_answer_takes_as_long_whatever_stands_behind_the_address(cast, in_every_state):
    times: dict[str, list[float]] = {state: [] for state in STATES}
    for _ in range(200):
        for state, taken in times.items():
            email = in_every_state(state)
            started = time.perf_counter()
            ask(cast.client, email)
            taken.append(time.perf_counter() - started)
    medians = [statistics.median(taken) for taken in times.values()]
    assert max(medians) - min(medians) < 0.005, dict(zip(times, medians, strict=True))


def test_ar_11_nobody_chooses_their_own_state(client, db):
    ask(client, state="approved", status="approved", role="owner", decision="approve", account_id="dbid:x", id="1")
    assert requests_in(db)[0][3] == "pending"


def test_a_filled_trap_gets_the_same_answer_is_kept_apart_and_tells_nobody(client, db):
    answer = ask(client, website="https://spam.example", name="Robot")
    assert answer.headers["location"] == "/request-access/sent" and requests_in(db) == []
    assert db.conn.execute("select reason, email, name from set_aside").fetchall() == [("trap", STUDIO, "Robot")]
    assert db.conn.execute("select count(*) from outbox").fetchone() == (0,)


@pytest.mark.parametrize("site", ["cross-site", "same-site", "none"])
def test_wb_03_other_sites_cannot_ask_in_somebodys_name(client, db, site):
    assert client.post(FORM, data={"email": STUDIO}, headers={"sec-fetch-site": site}).status_code == 403
    assert requests_in(db) == []


def test_what_was_typed_is_shown_as_text_and_never_as_markup(client):
    answer = client.post(FORM, data={"email": '"><img src=x>', "name": "<b>x</b>", "message": "</textarea><script>"})
    assert answer.status_code == 422
    for markup in ("<img src=x>", "<b>x</b>", "</textarea><script>"):
        assert markup not in answer.text


def test_a_get_changes_nothing(client, db):
    client.get(f"{FORM}?email={STUDIO}")
    client.head(FORM)
    assert requests_in(db) == []


def test_the_owner_hears_of_it_once_their_address_is_known(cast, client, db):
    ask(client, "early@example.com")
    cast.sign_in(OWNER)
    ask(client, STUDIO, name="Samir")
    to_owner = "select subject, state from outbox where kind = 'mail' and recipient = :owner"
    assert db.conn.execute(to_owner, {"owner": OWNER}).fetchall() == [("Samir asks for access to Clementine", "kept")]


@pytest.fixture
def limited(settings):
    with TestClient(
        create_app(settings.model_copy(update={"limits": "on"})),
        base_url=settings.origin,
        headers=SAME_ORIGIN,
        follow_redirects=False,
    ) as browser:
        yield browser


def test_ar_09_one_address_is_written_down_five_times_a_day_and_answered_alike(limited, settings):
    answers = [ask(limited, message=f"message {number}") for number in range(7)]
    assert {(answer.status_code, answer.headers["location"]) for answer in answers} == {(303, "/request-access/sent")}
    db = open_connection(settings.data_dir / DATABASE_FILE)
    assert requests_in(db) == [(STUDIO, "", "message 4", "pending")]
    assert db.conn.execute("select reason, message from set_aside order by at").fetchall() == [
        ("often", "message 5"),
        ("often", "message 6"),
    ]
    db.conn.close()


def test_ar_09_one_network_address_asks_ten_times_an_hour(limited):
    codes = [ask(limited, f"person{number}@example.com").status_code for number in range(12)]
    assert codes == [303] * 10 + [429] * 2
    assert int(ask(limited).headers["retry-after"]) > 0


def test_when_too_many_wait_nobody_is_taken_and_everybody_is_told(client, db):
    db.conn.execute("begin")
    for number in range(10_000):
        db.conn.execute(
            """
            insert into access_requests (id, email_key, email, state, requested_at, created_at, updated_at)
            values (:n, :n, :n, 'pending', 1, 1, 1)
            """,
            {"n": f"p{number}@example.com"},
        )
    db.conn.execute("commit")
    for email in ("p7@example.com", "new@example.com"):
        answer = ask(client, email)
        assert answer.status_code == 503 and "no more requests are taken" in answer.text
