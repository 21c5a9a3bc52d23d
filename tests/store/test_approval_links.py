"""Links that decide one request, once, within 72 hours (AR-03, AR-05, AR-06)."""

import pytest

from rules.approval import Move
from store import approval_links
from store.approval_links import LIFETIME_MS
from store.connect import immediate
from store.errors import NotFound
from tests.store.arrivals import DAY, NOW, count
from tests.store.test_access_requests import ask, decide
from tests.store.test_recent_decisions import ids


def make(db, name="ada", now=NOW):
    (request_id,) = ids(db, name)
    with immediate(db):
        return approval_links.make(db, request_id, asked_at=now, now=now)


def use(db, token, move=Move.APPROVE, now=NOW):
    with immediate(db):
        return approval_links.use(db, token, move, batch="batch", now=now)


@pytest.fixture
def token(db):
    ask(db, owner=None)
    return make(db)


def test_ar_03_a_link_has_256_bits_and_only_its_digest_is_kept(db, token):
    assert len(token) == 43
    assert token not in str(db.conn.execute("select * from approval_links").fetchall())


def test_ar_03_a_link_works_once(db, token):
    assert use(db, token) == ids(db, "ada")[0]
    assert use(db, token) is None and use(db, token, Move.DENY) is None
    assert approval_links.find(db, token).decision is Move.APPROVE


def test_ar_03_a_link_works_for_72_hours(db, token):
    assert LIFETIME_MS == 72 * 3_600_000
    assert approval_links.find(db, token).open(NOW + LIFETIME_MS - 1)
    assert not approval_links.find(db, token).open(NOW + LIFETIME_MS)
    assert use(db, token, now=NOW + LIFETIME_MS) is None
    assert use(db, token, now=NOW + LIFETIME_MS - 1) is not None


@pytest.mark.parametrize("move", [Move.APPROVE, Move.DENY])
def test_ar_03_a_link_dies_when_its_request_is_decided_elsewhere(db, token, move):
    decide(db, move)
    assert not approval_links.find(db, token).open(NOW) and use(db, token) is None


def test_ar_06_a_link_touches_no_other_request(db, token):
    ask(db, "bob@example.com", owner=None)
    assert use(db, token) == ids(db, "ada")[0] != ids(db, "bob")[0]


def test_ar_06_a_link_of_an_earlier_request_decides_nothing_about_a_new_one(db, token):
    decide(db, Move.DENY)
    ask(db, owner=None, now=NOW + 8 * DAY)
    assert approval_links.find(db, token).asked_again and use(db, token, now=NOW + 1) is None


@pytest.mark.parametrize("unknown", ["", "x", "A" * 43, "A" * 44, "\udcff", "../" * 9])
def test_ar_05_unknown_and_malformed_links_are_the_same_nothing(db, token, unknown):
    with pytest.raises(NotFound) as one:
        approval_links.find(db, unknown)
    assert one.value.message == NotFound().message and use(db, unknown) is None


def test_old_links_are_forgotten_in_the_end(db, token):
    with immediate(db):
        assert approval_links.prune(db, now=NOW + 180 * DAY) == 0
        assert approval_links.prune(db, now=NOW + 180 * DAY + 1) == 1
    assert count(db, "approval_links") == 0
