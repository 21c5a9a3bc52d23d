"""The audit: added to, and never changed (CR-09, AR-10)."""

import sqlite3

import pytest

from store import audit
from tests.store.arrivals import NOW, count


def note(db, action="access_request.approved", *, at=NOW, actor="dbid:site-owner", subject="ada@example.com", **more):
    audit.record(db, at=at, actor=actor, way="page", action=action, subject=subject, **more)


@pytest.mark.parametrize("change", ["update audit set actor = 'dbid:eve'", "delete from audit"])
def test_cr_09_nobody_changes_or_shortens_the_audit(db, change):
    note(db)
    with pytest.raises(sqlite3.IntegrityError, match="audit"):
        db.conn.execute(change)
    assert count(db, "audit", "actor = 'dbid:site-owner'") == 1
