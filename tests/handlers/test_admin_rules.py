"""Admin → Rules and Set aside: blocks, approvals by domain, robots, and a person who was taken for one."""

import pytest

from store.connect import rows
from tests.cast import OWNER, STUDIO
from tests.handlers.studio import words


@pytest.fixture
def owner(cast):
    return cast.sign_in(OWNER)


def ask(cast, email=STUDIO, **more):
    cast.browser().post("/request-access", data={"email": email, **more})


def states(db):
    return {row["email"]: row["state"] for row in rows(db, "select email, state from access_requests")}


def make(owner, effect, about):
    return owner.post("/admin/rules", data={"effect": effect, "about": about})


def test_there_are_no_rules_until_the_owner_makes_one(owner):
    assert "every request waits for your decision" in owner.get("/admin/rules").text


def test_a_block_from_the_list_says_what_it_will_deny_and_tells_nobody(cast, owner, db):
    for name in ("ada", "bob"):
        ask(cast, f"{name}@spam.example")
    ask(cast)
    assert 'href="/admin/rules?about=ada%40spam.example"' in owner.get("/admin/requests").text
    one = words(owner.get("/admin/rules?about=ada%40spam.example").text)
    assert "1 request that waits is about ada@spam.example" in one and "Block all of spam.example instead" in one
    assert "2 requests that wait are about spam.example" in words(owner.get("/admin/rules?about=spam.example").text)
    before = rows(db, "select count(*) as n from outbox")
    answer = make(owner, "block", "spam.example")
    assert "spam.example is blocked. 2 requests that waited are denied" in owner.get(answer.headers["location"]).text
    assert states(db) == {"ada@spam.example": "denied", "bob@spam.example": "denied", STUDIO: "pending"}
    ask(cast, "new@spam.example")
    assert rows(db, "select count(*) as n from outbox") == before
    page = words(owner.get("/admin/rules").text)
    assert "@spam.example" in page and "met 1 request" in page and "Blocked" in page
    assert "new@spam.example" in owner.get("/admin/set-aside").text


def test_a_domain_is_approved_by_itself_until_the_rule_is_removed(cast, owner, db):
    make(owner, "approve", "studio.example")
    ask(cast, "one@studio.example")
    (rule,) = rows(db, "select id from access_rules")
    assert "is removed" in owner.get(owner.post(f"/admin/rules/{rule['id']}/remove").headers["location"]).text
    ask(cast, "two@studio.example")
    assert states(db) == {"one@studio.example": "approved", "two@studio.example": "pending"}
    assert "by a rule" in words(owner.get("/admin/requests?status=approved").text)


@pytest.mark.parametrize(
    ("effect", "about", "status", "sentence"),
    [
        ("block", "", 422, "Write an address or a domain."),
        ("block", "<b>", 422, "Write an address such as"),
        ("approve", STUDIO, 422, "Only a domain can be approved by a rule."),
        ("delete", "x.example", 422, "Choose what the rule does."),
        ("approve", "twice.example", 409, "There is a rule about twice.example already."),
    ],
)
def test_what_makes_no_rule_is_said_beside_the_field(owner, db, effect, about, status, sentence):
    make(owner, "block", "twice.example")
    answer = make(owner, effect, about)
    assert answer.status_code == status and sentence in answer.text and "<b>" not in answer.text
    assert len(rows(db, "select 1 from access_rules")) == 1


def test_a_robot_is_kept_apart_and_a_person_let_through_after_all(cast, owner, db):
    ask(cast, website="https://spam.example", name="Samir", message="<b>hello</b>")
    page = owner.get("/admin/set-aside").text
    assert STUDIO in page and "&lt;b&gt;hello" in page and "Filled in a field that people don" in page
    assert states(db) == {} and 'Set aside <span class="number">1<' in owner.get("/admin/requests").text
    (aside,) = rows(db, "select id from set_aside")
    answer = owner.post(f"/admin/set-aside/{aside['id']}/let-through")
    assert answer.headers["location"] == "/admin/set-aside" and states(db) == {STUDIO: "pending"}
    assert owner.post(f"/admin/set-aside/{aside['id']}/let-through").status_code == 404


def test_unknown_rules_are_not_found(owner):
    assert owner.post("/admin/rules/unknown/remove").status_code == 404
