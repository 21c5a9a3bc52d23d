"""The people who may use the site: listed, searched, found; their address and their end changed."""

import pytest

from rules.approval import Move
from store import approvals, claim_links, people, workspaces
from store.connect import immediate
from store.decisions import Decider
from store.errors import Conflict, Invalid, NotFound
from tests.store.arrivals import DAY, LETTERBOX, NOW, OWNER, arrives, count, mails_to
from tests.store.test_access_requests import ask, decide
from tests.store.test_decisions import approve
from tests.store.test_recent_decisions import token_to

SITE_OWNER = Decider(by=OWNER, way="page", ip="192.0.2.1")


@pytest.fixture
def crowd(db):
    """Ada and Bob have signed in, Never has not, Waits waits; the site owner needs no approval."""
    for number, name in enumerate(("ada", "bob", "never")):
        approve(db, f"{name}@example.com", now=NOW + number)
    ask(db, "waits@example.com", owner=None)
    arrives(db, "site-owner", account_id=OWNER, display_name="Olivia Owens")
    arrives(db, "ada", display_name="Ada Byron")
    arrives(db, "bob", display_name="\u00c9mile Zola")


def names(db, **more):
    return [each.email.partition("@")[0] for each in people.approved(db, owner=OWNER, **more)]


def find(db, key):
    return people.find(db, key, owner=OWNER)


def change_address(db, key, email, now=NOW):
    with immediate(db):
        approvals.change_address(db, find(db, key), email, decider=SITE_OWNER, letterbox=LETTERBOX, now=now)


def change_end(db, key, until, now=NOW):
    with immediate(db):
        approvals.change_end(db, find(db, key), until, decider=SITE_OWNER, now=now)


def test_everybody_approved_is_listed_newest_first_page_by_page(db, crowd):
    assert names(db) == ["never", "bob", "ada"]
    first = people.approved(db, owner=OWNER, limit=2)[-1]
    assert names(db, limit=2, after=(first.approved_at, first.request_id)) == ["ada"]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("ADA", ["ada"]),
        ("byron", ["ada"]),
        ("\u00c9mile", ["bob"]),
        ("example.com", ["never", "bob", "ada"]),
        ("%", []),
    ],
)
def test_people_are_found_by_address_and_name(db, crowd, text, found):
    assert names(db, search=text) == found


def test_a_person_shows_devices_workspaces_and_dropboxes(db, crowd):
    with immediate(db):
        workspaces.create(db, name="Second", by="dbid:ada", now=NOW)
    ada = find(db, "dbid:ada")
    assert (ada.devices, ada.workspaces, ada.connections, ada.site_owner) == (1, 2, 0, False)
    assert [place.name for place in people.places(db, "dbid:ada", most=9)] == ["Ada Byron's workspace", "Second"]
    assert len(people.places(db, "dbid:ada", most=1)) == 1


def test_somebody_who_never_came_is_found_by_request(db, crowd):
    never = people.approved(db, owner=OWNER)[0]
    assert never.account_id is None and find(db, never.key) == never
    assert (never.devices, never.last_seen_at) == (0, None)


def test_the_site_owner_is_found_without_an_approval_and_not_listed(db, crowd):
    assert find(db, OWNER).site_owner and find(db, OWNER).email == "site-owner@example.com"
    approve(db, "site-owner@example.com")
    db.conn.execute("update access_requests set account_id = :o where email = 'site-owner@example.com'", {"o": OWNER})
    assert find(db, OWNER).site_owner and "site-owner" not in names(db)


@pytest.mark.parametrize("key", ["dbid:stranger", "", "x"])
def test_nobody_else_is_found(db, crowd, key):
    with pytest.raises(NotFound):
        find(db, key)


def test_somebody_revoked_is_no_longer_one_of_them(db, crowd):
    decide(db, Move.REVOKE)
    assert "ada" not in names(db)
    with pytest.raises(NotFound):
        find(db, "dbid:ada")


def test_both_addresses_are_shown_when_dropbox_has_another_one(db, crowd):
    arrives(db, "ada", email="ada@work.example", secret_hash="second")
    assert (find(db, "dbid:ada").email, find(db, "dbid:ada").account_email) == ("ada@example.com", "ada@work.example")


def test_a_new_address_gets_a_fresh_link_and_the_one_before_ends(db, crowd):
    never = people.approved(db, owner=OWNER)[0]
    before = token_to(db, "never@example.com")
    change_address(db, never.key, " Now@Example.com ")
    assert not claim_links.find(db, before).open(NOW)
    assert claim_links.find(db, token_to(db, "Now@Example.com")).open(NOW)
    assert arrives(db, "eve", email="never@example.com").signed_in is False
    assert arrives(db, "now").signed_in
    assert db.conn.execute(
        "select subject, detail, actor from audit where action like '%address_changed'"
    ).fetchall() == [("Now@Example.com", "was never@example.com", OWNER)]


def test_the_same_address_again_sends_its_mail_again(db, crowd):
    never = people.approved(db, owner=OWNER)[0]
    before = len(mails_to(db, "never@example.com"))
    change_address(db, never.key, "never@example.com")
    assert len(mails_to(db, "never@example.com")) == before + 1


def test_the_address_of_somebody_who_signed_in_changes_what_is_written_and_nothing_else(db, crowd):
    mails = count(db, "outbox")
    change_address(db, "dbid:ada", "ada@work.example")
    assert find(db, "dbid:ada").email == "ada@work.example" and count(db, "outbox") == mails
    assert arrives(db, "ada", secret_hash="second").signed_in


@pytest.mark.parametrize(
    ("email", "error", "sentence"),
    [
        ("waits@example.com", Conflict, "a request of its own, which is pending"),
        ("BOB@example.com", Conflict, "which is approved"),
        ("nope", Invalid, "looks like"),
    ],
)
def test_an_address_that_cannot_be_taken_is_refused(db, crowd, email, error, sentence):
    with pytest.raises(error, match=sentence):
        change_address(db, "dbid:ada", email)
    assert find(db, "dbid:ada").email == "ada@example.com"


def test_an_end_is_set_moved_and_removed_and_audited(db, crowd):
    for until in (NOW + DAY, NOW + 2 * DAY, None):
        change_end(db, "dbid:ada", until)
        assert find(db, "dbid:ada").approved_until == until
    details = db.conn.execute(
        "select detail from audit where action = 'access_request.end_changed' order by id"
    ).fetchall()
    assert details == [("until 2026-02-03",), ("until 2026-02-04",), ("no end",)]


def test_an_end_that_is_over_is_refused(db, crowd):
    with pytest.raises(Invalid, match="not over yet"):
        change_end(db, "dbid:ada", NOW)


def test_the_site_owner_has_neither(db, crowd):
    with pytest.raises(Conflict):
        change_end(db, OWNER, NOW + DAY)
    with pytest.raises(Conflict):
        change_address(db, OWNER, "x@example.com")


def test_what_has_come_to_its_end_is_found_but_for_the_site_owner(db, crowd):
    change_end(db, "dbid:ada", NOW + DAY)
    change_end(db, "dbid:bob", NOW + 2 * DAY)

    def ending(now, owner=OWNER, **more):
        found = approvals.ending(db, owner=owner, now=now, most=9, **more)
        return [
            db.conn.execute("select account_id from access_requests where id = :i", {"i": i}).fetchone()[0]
            for i in found
        ]

    assert ending(NOW + DAY - 1) == [] and ending(NOW + DAY) == ["dbid:ada"]
    assert ending(NOW + 2 * DAY) == ["dbid:ada", "dbid:bob"]
    assert ending(NOW + 2 * DAY, owner="dbid:ada") == ["dbid:bob"]
    assert ending(NOW + DAY, request_id=find(db, "dbid:bob").request_id) == []


def test_dropbox_accounts_that_linked_the_app_are_counted_once(db, crowd):
    assert people.linked(db) == 3
    decide(db, Move.REVOKE)
    assert people.linked(db) == 2
