"""The link in the owner's mail: looking changes nothing, one press decides once, and later it says what was decided.

SECURITY.md §1.4, AR-02 to AR-07.
"""

import re
from concurrent.futures import ThreadPoolExecutor

import pytest
import structlog
from starlette.testclient import TestClient

from app import create_app
from commands import requests
from store import mails
from store.connect import DATABASE_FILE, open_connection, rows
from tests.cast import OWNER, SAME_ORIGIN, STUDIO
from tests.handlers.studio import words

HOUR = 3_600_000


@pytest.fixture
def owner(cast):
    """The site owner has signed in once, so that their address is known."""
    return cast.sign_in(OWNER)


@pytest.fixture
def link(cast, owner, settings, db):
    """The path of the link in the mail about a fresh request."""
    cast.browser().post("/request-access", data={"email": STUDIO, "name": "Samir <b>", "message": "Weddings & more"})
    return link_to(db, settings, OWNER)


def link_to(db, settings, recipient):
    text = next(mail.text or "" for mail in mails.listed(db, settings.keyring) if mail.recipient == recipient)
    found = re.search(r"https://clementine\.test(/approvals/\S+)", text)
    assert found and text.count("https://") == 1
    return found.group(1)


@pytest.fixture
def stranger(cast):
    """Whoever opens the mail: not signed in."""
    return cast.browser()


def state(db):
    return rows(db, "select state, decided_way as way, decided_by as by from access_requests")[0]


def everything(db):
    tables = [row["name"] for row in rows(db, "select name from sqlite_master where type = 'table'")]
    return {table: rows(db, f"select * from {table}") for table in tables}


def test_ar_02_looking_shows_who_why_and_when_and_changes_nothing(link, stranger, db):
    before = everything(db)
    for _ in range(5):
        assert stranger.head(link).status_code == 200
    for _ in range(50):
        answer = stranger.get(link)
    assert answer.status_code == 200 and everything(db) == before
    page = words(answer.text)
    assert STUDIO in page and "Samir <b>" in page and "Weddings & more" in page and "Asked" in page
    assert "autofocus" not in answer.text and "<script" not in answer.text.partition("</head>")[2]
    assert stranger.post(link, data={"decision": "approve"}).status_code == 303
    assert state(db) == {"state": "approved", "way": "mail", "by": None}


@pytest.mark.parametrize("site", ["cross-site", "same-site", "none"])
def test_ar_02_only_a_press_on_that_page_decides(link, stranger, db, site):
    answer = stranger.post(link, data={"decision": "approve"}, headers={"sec-fetch-site": site})
    assert answer.status_code == 403 and state(db)["state"] == "pending"


@pytest.mark.parametrize(("decision", "done"), [("approve", "approved"), ("deny", "denied")])
def test_a_press_acts_once_and_a_second_visit_says_so(link, stranger, db, decision, done):
    answer = stranger.post(link, data={"decision": decision})
    assert (answer.status_code, answer.headers["location"]) == (303, link)
    second = stranger.get(link)
    assert second.status_code == 410
    assert re.search(rf"Already {done} by you at \d\d:\d\d UTC", words(second.text))
    assert f"{STUDIO} is {done}" in second.text
    for again in ("approve", "deny"):
        assert stranger.post(link, data={"decision": again}).status_code == 410
    assert state(db)["state"] == done
    assert rows(db, "select action, way, actor from audit where way = 'mail'") == [
        {"action": f"access_request.{done}", "way": "mail", "actor": None}
    ]


def test_ar_06_the_link_leads_to_revoking_in_admin_and_cannot_revoke(link, stranger, owner, db):
    stranger.post(link, data={"decision": "approve"})
    page = stranger.get(link).text
    (request_id,) = (row["id"] for row in rows(db, "select id from access_requests"))
    assert f'href="/admin/people/{request_id}/revoke"' in page
    assert stranger.get(f"/admin/people/{request_id}/revoke").headers["location"].startswith("/login")
    assert owner.get(f"/admin/people/{request_id}/revoke").status_code == 200
    assert stranger.post(link, data={"decision": "revoke"}).status_code == 410 and state(db)["state"] == "approved"


def test_ar_03_of_fifty_presses_at_once_one_decides(link, stranger, db):
    def press(number):
        return stranger.post(link, data={"decision": ("approve", "deny")[number % 2]}).status_code

    with ThreadPoolExecutor(16) as pool:
        codes = list(pool.map(press, range(50)))
    assert sorted(codes) == [303] + [410] * 49
    assert len(rows(db, "select 1 from audit where way = 'mail'")) == 1
    assert len(rows(db, "select 1 from recent_decisions")) == 1


@pytest.mark.parametrize("command", ["approve", "deny"])
def test_ar_03_it_dies_when_the_request_is_decided_elsewhere(cast, link, stranger, db, command):
    cast.command(getattr(requests, command), STUDIO)
    for answer in (stranger.get(link), stranger.post(link, data={"decision": "approve"})):
        assert answer.status_code == 410
        assert re.search(r"Already (approved|denied) at .* by command", words(answer.text))
    assert state(db)["way"] == "command"


def test_ar_05_it_expires_after_72_hours_and_says_so(link, stranger, db):
    db.conn.execute("update approval_links set expires_at = created_at - :h", {"h": HOUR})
    for answer in (stranger.get(link), stranger.post(link, data={"decision": "approve"})):
        assert answer.status_code == 410 and "This link has expired" in answer.text
    assert state(db)["state"] == "pending"


def test_ar_05_unknown_and_malformed_links_look_the_same(link, stranger):
    bodies = set()
    for token in ("A" * 43, "x", "%00", "A" * 500, link.rpartition("/")[2][:-1], "%E2%80%AE"):
        for answer in (
            stranger.get(f"/approvals/{token}"),
            stranger.post(f"/approvals/{token}", data={"decision": "deny"}),
        ):
            assert answer.status_code == 404
            bodies.add(answer.text.replace(answer.headers["x-request-id"], ""))
    assert len(bodies) == 1


def test_ar_06_a_decision_that_was_taken_back_leaves_the_link_used(link, stranger, owner, db):
    stranger.post(link, data={"decision": "approve"})
    batch = rows(db, "select batch from recent_decisions")[0]["batch"]
    assert owner.post("/admin/requests/undo", data={"batch": batch}).status_code == 303
    assert state(db)["state"] == "pending"
    page = stranger.get(link)
    assert page.status_code == 410 and "Taken back" in page.text
    assert stranger.post(link, data={"decision": "approve"}).status_code == 410 and state(db)["state"] == "pending"


def test_ar_06_a_link_of_an_earlier_request_says_that_there_is_a_new_one(cast, link, stranger, db):
    cast.command(requests.deny, STUDIO)
    db.conn.execute("update access_requests set decided_at = decided_at - 8 * 24 * :h", {"h": HOUR})
    stranger.post("/request-access", data={"email": STUDIO})
    page = stranger.get(link)
    assert page.status_code == 410 and "They have asked again since" in page.text
    assert stranger.post(link, data={"decision": "approve"}).status_code == 410 and state(db)["state"] == "pending"


def test_ar_07_the_page_tells_of_nobody_else(cast, link, stranger):
    cast.browser().post("/request-access", data={"email": "else@example.com", "name": "Somebody Else"})
    for page in (stranger.get(link).text, stranger.post(link, data={"decision": "deny"}).text, stranger.get(link).text):
        assert "else@example.com" not in page and "Somebody Else" not in page and OWNER not in page


@pytest.mark.parametrize("decision", ["", "revoke", "Approve", "undo"])
def test_only_approve_and_deny_are_decisions(link, stranger, db, decision):
    answer = stranger.post(link, data={"decision": decision, "note_to_person": "Kept words"})
    assert answer.status_code == 422 and "Choose to approve or to deny." in answer.text and "Kept words" in answer.text
    assert state(db)["state"] == "pending"


def test_a_note_goes_to_the_person_who_is_denied(link, stranger, db, settings):
    stranger.post(
        link, data={"decision": "deny", "note_to_person": "We are full.", "note": "private", "until": "2030-01-01"}
    )
    told = [mail.text or "" for mail in mails.listed(db, settings.keyring) if mail.recipient == STUDIO]
    assert any("> We are full." in text for text in told) and not any("private" in text for text in told)
    assert rows(db, "select note, approved_until from access_requests") == [{"note": "", "approved_until": None}]


def test_ar_04_the_page_is_never_stored_and_its_token_is_in_no_log(link, stranger):
    with structlog.testing.capture_logs() as lines:
        answers = [stranger.get(link), stranger.post(link, data={"decision": "approve"}), stranger.get(link)]
    for answer in answers:
        assert answer.headers["cache-control"] == "no-store" and answer.headers["referrer-policy"] == "same-origin"
    assert lines and link.rpartition("/")[2] not in str(lines)


def test_what_was_asked_before_is_shown(cast, owner, db, settings):
    stranger = cast.browser()
    stranger.post("/request-access", data={"email": STUDIO})
    cast.command(requests.deny, STUDIO)
    db.conn.execute("update access_requests set note = 'No budget', decided_at = decided_at - 8 * 24 * :h", {"h": HOUR})
    db.conn.execute("delete from outbox")
    stranger.post("/request-access", data={"email": STUDIO})
    page = words(stranger.get(link_to(db, settings, OWNER)).text)
    assert "Asked before denied on" in page and "No budget" not in page


def test_rl_03_trying_links_is_limited(settings):
    with TestClient(
        create_app(settings.model_copy(update={"limits": "on"})),
        base_url=settings.origin,
        headers=SAME_ORIGIN,
        follow_redirects=False,
    ) as limited:
        codes = [limited.get(f"/{('approvals', 'claims')[n % 2]}/{'A' * 43}").status_code for n in range(62)]
        assert codes == [404] * 60 + [429] * 2
    open_connection(settings.data_dir / DATABASE_FILE).conn.close()
