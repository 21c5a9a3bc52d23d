"""Coming back from Dropbox: who is let in, what is kept, and what a refusal leaves behind (OA-12, OA-13, SE-03)."""

import pytest

from rules.approval import Move
from store import accounts, devices, installation, outbox, setup_links
from store.admission import Admission
from store.connect import immediate
from tests.store.arrivals import KEYRING, NOW, OWNER, arrives, count
from tests.store.test_access_requests import ask, decide
from tests.store.test_decisions import approve, person


def revocations(db):
    return [
        outbox.opened(KEYRING, item)["refresh_token"]
        for item in outbox.due(db, now=NOW + 10**9)
        if item.kind == "revoke_grant"
    ]


def nothing_kept(db):
    return [count(db, table) for table in ("accounts", "devices", "workspaces", "members")] == [0] * 4


def test_an_approved_person_gets_a_device_an_account_and_a_workspace(db):
    approve(db, "ada@example.com")
    outcome = arrives(db, "ada")
    assert outcome.signed_in and outcome.first
    who = person(db, "ada")
    assert (who.account_id, who.email, who.display_name, who.site_owner) == (
        "dbid:ada",
        "ada@example.com",
        "Ada",
        False,
    )
    assert [link.name for link in who.workspaces] == ["Ada's workspace"]
    assert db.conn.execute("select role from members").fetchall() == [("owner",)]


def test_a_second_sign_in_makes_no_second_workspace_and_hands_the_old_grant_back(db):
    approve(db, "ada@example.com")
    arrives(db, "ada")
    outcome = arrives(db, "ada", refresh_token="newer", secret_hash="second")
    assert outcome.signed_in and not outcome.first
    assert count(db, "workspaces") == 1 and count(db, "devices") == 2
    assert revocations(db) == ["refresh-ada"]


@pytest.mark.parametrize(
    ("moves", "standing"),
    [
        (None, Admission.MISSING),
        ([], Admission.PENDING),
        ([Move.DENY], Admission.DENIED),
        ([Move.APPROVE, Move.REVOKE], Admission.REVOKED),
    ],
)
def test_a_refused_sign_in_keeps_nothing_but_the_sealed_revocation(db, moves, standing):
    if moves is not None:
        ask(db, owner=None)
        for move in moves:
            decide(db, move)
    before = count(db, "audit")
    db.conn.execute("delete from outbox")
    outcome = arrives(db, "ada")
    assert outcome.admission is standing and not outcome.signed_in
    assert nothing_kept(db) and count(db, "audit") == before
    assert revocations(db) == ["refresh-ada"]
    assert "refresh-ada" not in str(db.conn.execute("select * from outbox").fetchall())


def test_an_unverified_address_opens_nothing_and_says_nothing_of_the_request(db):
    approve(db, "ada@example.com")
    outcome = arrives(db, "ada", email_verified=False)
    assert outcome.admission is Admission.UNVERIFIED
    assert count(db, "accounts") == 0
    assert db.conn.execute("select account_id from access_requests").fetchone() == (None,)


def test_an_approval_is_bound_to_the_first_account_and_to_no_second_one(db):
    approve(db, "ada@example.com")
    assert arrives(db, "ada").signed_in
    second = arrives(db, "eve", email="ada@example.com")
    assert second.admission is Admission.MISSING
    assert count(db, "accounts") == 1


def test_once_bound_only_the_id_counts_whatever_becomes_of_the_address(db):
    approve(db, "ada@example.com")
    arrives(db, "ada")
    moved = arrives(db, "ada", email="ada@elsewhere.example.com", email_verified=False, secret_hash="other")
    assert moved.signed_in
    assert arrives(db, "bob", email="ada@elsewhere.example.com").admission is Admission.MISSING


def test_an_account_bound_to_a_revoked_request_gains_nothing_by_another_approved_address(db):
    approve(db, "ada@example.com")
    arrives(db, "ada")
    decide(db, Move.REVOKE)
    approve(db, "second@example.com")
    assert arrives(db, "ada", email="second@example.com").admission is Admission.REVOKED


@pytest.mark.parametrize(
    ("approved", "at_dropbox", "same"),
    [
        ("ADA@Example.COM", "ada@example.com", True),
        ("ada@example.com", "\uff41da@example.com", True),
        ("straße@example.com", "STRASSE@example.com", True),
        ("ada+x@example.com", "ada@example.com", False),
        ("a.da@example.com", "ada@example.com", False),
        ("ada@example.com", "\u0430da@example.com", False),
    ],
)
def test_addresses_are_compared_folded_but_not_guessed(db, approved, at_dropbox, same):
    approve(db, approved)
    assert arrives(db, "ada", email=at_dropbox).signed_in is same


def test_the_named_owner_needs_no_request_and_sees_what_waits(db):
    ask(db)
    assert arrives(db, "site-owner", email_verified=False).admission is Admission.OWNER
    who = person(db, "site-owner")
    assert who.site_owner and who.pending_requests == 1


def test_the_browsers_former_device_ends_with_a_sign_in(db):
    approve(db, "ada@example.com")
    arrives(db, "ada")
    arrives(db, "ada", secret_hash="fresh", replaces="ada-device")
    assert person(db, "ada") is None
    assert devices.person_of(db, "fresh", now=NOW, owner_id=OWNER)


def test_a_refusal_leaves_the_device_that_the_browser_had(db):
    approve(db, "ada@example.com")
    arrives(db, "ada")
    arrives(db, "eve", replaces="ada-device")
    assert person(db, "ada")


def test_whoever_comes_through_the_set_up_link_owns_the_site_once(db, tmp_path):
    with immediate(db):
        setup_links.ensure(db, data_dir=tmp_path, owner_known=False, now=NOW)
    (hash_,) = db.conn.execute("select token_hash from setup_links").fetchone()
    first = arrives(db, "ada", configured_owner=None, setup_hash=hash_)
    assert first.signed_in
    assert installation.owner_id(db, None) == "dbid:ada"
    late = arrives(db, "eve", configured_owner=None, setup_hash=hash_)
    assert late.link_spent and not late.signed_in
    assert installation.owner_id(db, None) == "dbid:ada"
    assert revocations(db) == ["refresh-eve"] and count(db, "accounts") == 1


def test_a_set_up_link_is_worth_nothing_once_the_settings_name_an_owner(db, tmp_path):
    with immediate(db):
        setup_links.ensure(db, data_dir=tmp_path, owner_known=False, now=NOW)
    (hash_,) = db.conn.execute("select token_hash from setup_links").fetchone()
    assert arrives(db, "eve", setup_hash=hash_).link_spent
    assert installation.owner_id(db, OWNER) == OWNER
    assert count(db, "setup_links", "used_at is null") == 1


def test_a_person_without_a_name_gets_a_workspace_with_a_plain_one(db):
    approve(db, "ada@example.com")
    arrives(db, "ada", display_name="")
    assert db.conn.execute("select name from workspaces").fetchone() == ("Workspace",)


def test_accounts_are_found_by_todays_address_and_by_the_approved_one(db):
    approve(db, "ada@example.com")
    arrives(db, "ada")
    arrives(db, "ada", email="ada@new.example.com", secret_hash="b")
    for address in ("ADA@example.com", "ada@new.example.com"):
        assert [account.id for account in accounts.by_email(db, address)] == ["dbid:ada"]
    assert accounts.by_email(db, "nobody@example.com") == []


def test_a_login_grant_that_cannot_be_opened_any_more_is_replaced_all_the_same(db):
    approve(db, "ada@example.com")
    arrives(db, "ada")
    db.conn.execute("update accounts set token = 'broken'")
    assert arrives(db, "ada", secret_hash="b").signed_in
    assert revocations(db) == []
