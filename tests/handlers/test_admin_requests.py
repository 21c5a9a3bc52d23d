"""Admin → Requests: many at once with a result for each, undoing, searching, pages, notes and ends (AR-10)."""

import re

import pytest

from commands import requests
from rules.calendar import last_day
from store.connect import immediate, rows
from tests.cast import OWNER, STUDIO, now_ms
from tests.handlers.studio import words

DAY = 86_400_000


@pytest.fixture
def owner(cast):
    return cast.sign_in(OWNER)


@pytest.fixture
def waiting(cast, db):
    """The ids of three pending requests: ada, bob, eve."""
    for name in ("ada", "bob", "eve"):
        cast.client.post("/request-access", data={"email": f"{name}@example.com", "name": name.capitalize()})
    return [row["id"] for row in rows(db, "select id from access_requests order by email")]


def states(db):
    found = rows(db, "select email, state from access_requests")
    return {str(row["email"]).partition("@")[0]: row["state"] for row in found}


def decide_many(browser, ids, decision="approve", **more):
    return browser.post("/admin/requests/decisions", data={"ids": ids, "decision": decision, **more})


def after(browser, answer):
    """The page that the decision led to."""
    assert answer.status_code == 303, answer.text
    return browser.get(answer.headers["location"])


def test_many_are_decided_by_one_press_and_each_has_its_result(owner, waiting, db, cast):
    cast.command(requests.deny, "bob@example.com")
    page = words(after(owner, decide_many(owner, [*waiting, "unknown"], "deny", status="pending", q="example")).text)
    assert "2 denied, 2 not" in page and "ada@example.com: denied" in page
    assert "bob@example.com: already denied on" in page and "This request does not exist." in page
    assert set(states(db).values()) == {"denied"}


def test_ids_may_also_come_as_one_list_with_commas(owner, waiting, db):
    decide_many(owner, ",".join(waiting))
    assert set(states(db).values()) == {"approved"}


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        ({"decision": "approve"}, "Select at least one request."),
        ({"ids": " , ", "decision": "approve"}, "Select at least one request."),
        ({"ids": ",".join(map(str, range(101))), "decision": "approve"}, "Choose at most 100 at once."),
        ({"ids": "x", "decision": "revoke"}, "Choose to approve or to deny."),
        ({"ids": "x", "decision": "approve", "until": "yesterday"}, "Write the day as 2026-02-03."),
        ({"ids": "x", "decision": "deny", "note_to_person": "n" * 1001}, "Keep this to 1000 characters"),
    ],
)
def test_what_cannot_be_done_is_said_and_changes_nothing(owner, waiting, db, data, sentence):
    answer = owner.post("/admin/requests/decisions", data=data)
    assert answer.status_code == 422 and sentence in answer.text and "Nothing was changed." in answer.text
    assert set(states(db).values()) == {"pending"}


def test_an_end_that_is_over_decides_about_nobody(owner, waiting, db):
    answer = decide_many(owner, waiting, until="2020-01-01")
    assert answer.status_code == 422 and "Choose a day that is not over yet." in answer.text
    assert set(states(db).values()) == {"pending"}


def test_reloading_the_result_or_pressing_twice_is_harmless(owner, waiting, db):
    first = decide_many(owner, waiting)
    audit = rows(db, "select count(*) as n from audit")
    pages = {owner.get(first.headers["location"]).status_code for _ in range(3)}
    again = words(after(owner, decide_many(owner, waiting)).text)
    assert pages == {200} and "0 approved, 3 not" in again and "already approved" in again
    assert rows(db, "select count(*) as n from audit") == audit


def undo_in(page):
    form = re.search(r'<form method="post" action="/admin/requests/undo">.*?</form>', page, re.DOTALL)
    return dict(re.findall(r'name="(\w+)" value="([^"]*)"', form.group())) if form else None


def test_undo_is_offered_for_a_minute_and_takes_everything_back_before_a_mail_is_sent(owner, waiting, db):
    before = rows(db, "select id, state, decided_at, note from access_requests order by id")
    mails = rows(db, "select id from outbox order by id")
    page = after(owner, decide_many(owner, waiting, status="pending")).text
    assert "until" in words(page) and len(rows(db, "select id from outbox")) == len(mails) + 3
    back = owner.post("/admin/requests/undo", data=undo_in(page))
    shown = owner.get(back.headers["location"]).text
    assert "3 decisions are taken back." in shown and "3 taken back" in words(shown) and undo_in(shown) is None
    assert rows(db, "select id, state, decided_at, note from access_requests order by id") == before
    assert rows(db, "select id from outbox order by id") == mails


def test_after_a_minute_nothing_is_taken_back(owner, waiting, db):
    page = after(owner, decide_many(owner, waiting)).text
    db.conn.execute("update recent_decisions set undo_until = :now", {"now": now_ms()})
    answer = owner.post("/admin/requests/undo", data=undo_in(page))
    shown = owner.get(answer.headers["location"]).text
    assert "Nothing could be taken back any more." in shown and undo_in(shown) is None
    assert set(states(db).values()) == {"approved"}


def test_whoever_signed_in_within_the_minute_stays_and_the_owner_is_told(cast, owner, db):
    cast.client.post("/request-access", data={"email": STUDIO})
    (request_id,) = (row["id"] for row in rows(db, "select id from access_requests"))
    page = after(owner, decide_many(owner, [request_id])).text
    studio = cast.sign_in(STUDIO)
    answer = owner.post("/admin/requests/undo", data=undo_in(page))
    assert f"{STUDIO} has signed in" in owner.get(answer.headers["location"]).text
    assert studio.get("/account").status_code == 200


def test_a_single_decision_can_be_undone_too(owner, waiting, db):
    answer = owner.post(f"/admin/requests/{waiting[0]}/decision", data={"decision": "deny", "note": "x"})
    owner.post("/admin/requests/undo", data=undo_in(owner.get(answer.headers["location"]).text))
    assert set(states(db).values()) == {"pending"}
    assert rows(db, "select distinct note from access_requests") == [{"note": ""}]


def test_an_approval_may_be_given_until_a_day(owner, waiting, db):
    until = last_day(now_ms() + 3 * DAY)
    page = after(
        owner, owner.post(f"/admin/requests/{waiting[0]}/decision", data={"decision": "approve", "until": until})
    )
    assert page.status_code == 200
    assert f"until {until}" in words(owner.get("/admin/requests?status=approved").text)
    assert f"Until {until}" in words(owner.get("/admin/people").text)


@pytest.mark.parametrize("until", ["yesterday", "2020-01-01"])
def test_a_wrong_end_is_refused_and_what_was_typed_stays(owner, waiting, db, until):
    answer = owner.post(
        f"/admin/requests/{waiting[0]}/decision", data={"decision": "approve", "until": until, "note": "Kept words"}
    )
    assert answer.status_code == 422 and f'value="{until}"' in answer.text and "Kept words" in answer.text
    assert set(states(db).values()) == {"pending"}


def test_searching_keeps_the_state_and_a_decision_keeps_the_search(owner, waiting):
    page = owner.get("/admin/requests?status=pending&q=ADA").text
    assert "ada@example.com" in page and "bob@example.com" not in page
    answer = decide_many(owner, waiting[:1], status="pending", q="ADA")
    assert answer.headers["location"].startswith("/admin/requests?status=pending&q=ADA&done=")
    assert "has “nobody”" in owner.get("/admin/requests?q=nobody").text


def test_a_long_list_has_pages_that_hold_everybody_once(owner, db):
    with immediate(db):
        db.conn.executemany(
            """
            insert into access_requests (id, email_key, email, state, requested_at, created_at, updated_at)
            values (:n, :n || '@x.example', :n || '@x.example', 'pending', :n / 10, 1, 1)
            """,
            [{"n": number} for number in range(130)],
        )
    seen, address = [], "/admin/requests"
    while address:
        page = owner.get(address).text
        seen += re.findall(r'<span class="row-title">([^<]+)@x\.example', page)
        more = re.search(r'href="([^"]+cursor=[^"]+)"', page)
        address = more.group(1).replace("&amp;", "&") if more else ""
    assert len(seen) == 130 == len(set(seen))
    assert owner.get("/admin/requests?cursor=nonsense").status_code == 422


def test_asked_before_shows_when_it_was_denied_and_the_note(cast, owner, waiting, db):
    owner.post(f"/admin/requests/{waiting[0]}/decision", data={"decision": "deny", "note": "No <i>budget</i>"})
    db.conn.execute("update access_requests set decided_at = decided_at - :w", {"w": 8 * DAY})
    cast.client.post("/request-access", data={"email": "ada@example.com"})
    page = owner.get("/admin/requests?status=pending").text
    assert "Asked before: denied on" in words(page) and "Your note: No &lt;i&gt;budget" in page


def test_the_number_that_waits_is_on_every_page_of_the_owner_and_nobody_elses(cast, owner, waiting):
    paths = (
        "/",
        "/account",
        "/workspaces",
        "/admin/people",
        "/admin/rules",
        "/admin/audit",
        "/admin/mail",
        "/admin/set-aside",
    )
    for path in paths:
        assert '3<span class="visually-hidden"> access requests wait' in owner.get(path).text, path
    cast.approve(STUDIO)
    studio = cast.sign_in(STUDIO)
    for path in ("/", "/account", "/workspaces"):
        assert "access requests wait" not in studio.get(path).text
