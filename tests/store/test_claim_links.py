"""Links that bind whichever Dropbox account signs in through them to an approval, once."""

import pytest

from rules.approval import Move
from rules.tokens import token_digest
from store import claim_links
from store.admission import Admission
from store.claim_links import LIFETIME_MS
from store.connect import immediate
from store.decisions import Terms
from store.errors import NotFound
from tests.store.arrivals import DAY, NOW, OWNER, arrives, count
from tests.store.test_access_requests import ask, decide
from tests.store.test_decisions import approve
from tests.store.test_recent_decisions import token_to


@pytest.fixture
def token(db):
    """That of ada@example.com's approval mail."""
    approve(db, "ada@example.com")
    return token_to(db, "ada@example.com")


def comes(db, name, token, **more):
    return arrives(db, name, claim_hash=token_digest(token), **more)


def bound(db):
    return db.conn.execute("select email, account_id from access_requests order by email").fetchall()


def test_another_dropbox_account_signs_in_and_is_bound_with_both_addresses_on_record(db, token):
    assert comes(db, "zoe", token, email="zoe@home.example").signed_in
    assert bound(db) == [("ada@example.com", "dbid:zoe")]
    assert db.conn.execute("select email from accounts").fetchall() == [("zoe@home.example",)]
    assert db.conn.execute(
        "select actor, subject, detail from audit where action = 'access_request.claimed'"
    ).fetchall() == [("dbid:zoe", "ada@example.com", "zoe@home.example (dbid:zoe)")]


def test_holding_the_link_counts_and_not_what_dropbox_verified(db, token):
    assert comes(db, "zoe", token, email_verified=False).signed_in


def test_a_link_works_once(db, token):
    assert comes(db, "zoe", token).signed_in
    assert not claim_links.find(db, token).open(NOW)
    assert comes(db, "eve", token).admission is Admission.MISSING
    assert bound(db) == [("ada@example.com", "dbid:zoe")]


def test_a_link_works_for_14_days_and_the_address_goes_on(db, token):
    assert LIFETIME_MS == 14 * DAY
    assert claim_links.find(db, token).open(NOW + LIFETIME_MS - 1)
    assert comes(db, "eve", token, now=NOW + LIFETIME_MS).admission is Admission.MISSING
    assert arrives(db, "ada", now=NOW + LIFETIME_MS).signed_in


def test_signing_in_by_the_address_ends_the_link(db, token):
    assert arrives(db, "ada").signed_in
    assert claim_links.find(db, token).bound
    assert comes(db, "eve", token).admission is Admission.MISSING


def test_a_link_of_a_revoked_approval_opens_nothing(db, token):
    decide(db, Move.REVOKE)
    assert comes(db, "zoe", token).admission is Admission.MISSING
    decide(db, Move.APPROVE)
    assert comes(db, "zoe", token).admission is Admission.MISSING


def test_a_link_of_an_approval_whose_day_is_over_opens_nothing(db):
    ask(db, owner=None)
    decide(db, Move.APPROVE, terms=Terms(until=NOW + DAY))
    token = token_to(db, "ada@example.com")
    assert claim_links.find(db, token).open(NOW + DAY - 1) and not claim_links.find(db, token).open(NOW + DAY)
    assert comes(db, "zoe", token, now=NOW + DAY).admission is Admission.MISSING


def test_somebody_revoked_takes_nobody_elses_approval(db, token):
    approve(db, "eve@example.com")
    arrives(db, "eve")
    decide(db, Move.REVOKE, "eve@example.com")
    assert comes(db, "eve", token).admission is Admission.REVOKED
    assert comes(db, "zoe", token).signed_in


def test_somebody_who_is_in_already_uses_no_link_up(db, token):
    approve(db, "bob@example.com")
    arrives(db, "bob")
    assert comes(db, "bob", token, secret_hash="another").signed_in and claim_links.find(db, token).open(NOW)
    assert comes(db, "site-owner", token, account_id=OWNER).signed_in and claim_links.find(db, token).open(NOW)


@pytest.mark.parametrize("unknown", ["", "x", "A" * 43])
def test_unknown_links_are_nothing(db, token, unknown):
    with pytest.raises(NotFound):
        claim_links.find(db, unknown)
    assert comes(db, "zoe", unknown).admission is Admission.MISSING


def test_only_digests_are_kept_and_old_ones_forgotten(db, token):
    assert db.conn.execute("select token_hash from claim_links").fetchall() == [(token_digest(token),)]
    with immediate(db):
        assert claim_links.prune(db, now=NOW + 180 * DAY + 1) == 1
    assert count(db, "claim_links") == 0
