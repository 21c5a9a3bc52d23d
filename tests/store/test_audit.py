"""The audit: added to and never changed; read by who, what and when, page by page (CR-09)."""

import sqlite3

import pytest

from store import audit, audit_log, workspaces
from store.audit_log import Asked
from store.connect import immediate
from tests.store.arrivals import DAY, NOW, arrives, count
from tests.store.test_decisions import approve


def note(db, action="access_request.approved", *, at=NOW, actor="dbid:site-owner", subject="ada@example.com", **more):
    audit.record(db, at=at, actor=actor, way="page", action=action, subject=subject, **more)


@pytest.mark.parametrize("change", ["update audit set actor = 'dbid:eve'", "delete from audit"])
def test_cr_09_nobody_changes_or_shortens_the_audit(db, change):
    note(db)
    with pytest.raises(sqlite3.IntegrityError, match="audit"):
        db.conn.execute(change)
    assert count(db, "audit", "actor = 'dbid:site-owner'") == 1


def listed(db, limit=99, before=None, **asked):
    return audit_log.listed(db, Asked(**asked), limit=limit, before=before)


def subjects(db, **asked):
    return [entry.subject for entry in listed(db, **asked)]


@pytest.fixture
def history(db):
    """Three acts of the site owner and one of a rule, a day apart."""
    note(db, subject="a@example.com")
    note(db, "access_request.denied", subject="b@example.com", at=NOW + DAY)
    note(db, "access_rule.made", subject="c.example", at=NOW + 2 * DAY, detail="block", ip="192.0.2.1")
    note(db, subject="d@example.com", at=NOW + 3 * DAY, actor=None)


def test_the_newest_comes_first(db, history):
    assert subjects(db) == ["d@example.com", "c.example", "b@example.com", "a@example.com"]


def test_it_is_read_page_by_page_even_where_all_happened_at_once(db):
    for number in range(7):
        note(db, subject=str(number))
    read, before = [], None
    while page := listed(db, limit=3, before=before):
        read += [entry.subject for entry in page]
        before = (page[-1].at, str(page[-1].id))
    assert read == ["6", "5", "4", "3", "2", "1", "0"]


@pytest.mark.parametrize(
    ("what", "found"),
    [
        ("access_request.denied", ["b@example.com"]),
        ("access_request", ["d@example.com", "b@example.com", "a@example.com"]),
        ("access_rule", ["c.example"]),
        ("access", []),
        ("'; drop table audit; --", []),
    ],
)
def test_it_is_filtered_by_what_was_done(db, history, what, found):
    assert subjects(db, what=what) == found


def test_it_is_filtered_by_when(db, history):
    assert subjects(db, since=NOW + DAY, until=NOW + 3 * DAY) == ["c.example", "b@example.com"]


def test_it_is_filtered_by_who_and_whom_with_all_their_names(db, history):
    approve(db, "ada@example.com")
    arrives(db, "ada")
    for who in ("ada@example.com", "ADA@example.com", "dbid:ada"):
        actions = {entry.action for entry in listed(db, who=who)}
        assert {"account.signed_in", "workspace.created"} <= actions, who
    assert "access_request.approved" in {entry.action for entry in listed(db, who="ada@example.com")}
    assert subjects(db, who="b@example.com") == ["b@example.com"]
    assert subjects(db, who="dbid:site-owner", what="access_rule") == ["c.example"]
    assert subjects(db, who="nobody") == []


def test_what_somebody_did_to_themselves_is_listed_once(db):
    note(db, "account.signed_out", actor="dbid:ada", subject="dbid:ada")
    assert subjects(db, who="dbid:ada") == ["dbid:ada"]


def test_ids_come_with_the_names_that_they_have_today(db):
    approve(db, "ada@example.com")
    arrives(db, "ada")
    with immediate(db):
        made = workspaces.create(db, name="Studio", by="dbid:ada", now=NOW)
    note(db, "member.set", actor="dbid:gone", subject="dbid:ada", workspace_id=made.id)
    (entry,) = listed(db, what="member.set")
    assert (entry.actor, entry.subject_name, entry.workspace) == ("dbid:gone", "Ada", "Studio")


def test_the_actions_that_occur_are_known(db, history):
    assert audit_log.actions(db) == ["access_request.approved", "access_request.denied", "access_rule.made"]


def test_what_is_about_somebody_is_read_newest_first(db, history):
    assert [entry.subject for entry in audit_log.about(db, ("a@example.com", "d@example.com"), most=9)] == [
        "d@example.com",
        "a@example.com",
    ]


@pytest.mark.parametrize(
    "asked", [Asked(), Asked(who="dbid:someone"), Asked(what="access_request.approved"), Asked(since=1, until=2)]
)
def test_every_reading_enters_an_index_where_its_page_begins(db, asked):
    note(db)
    plans: list[str] = []
    db.conn.set_trace_callback(plans.append)
    audit_log.listed(db, asked, limit=50)
    db.conn.set_trace_callback(None)
    (statement,) = [text for text in plans if "chosen" in text]
    steps = [row[3] for row in db.conn.execute(f"explain query plan {statement}")]
    assert [step for step in steps if "audit" in step]
    assert not [step for step in steps if step.startswith("SCAN audit") and "USING" not in step], steps
