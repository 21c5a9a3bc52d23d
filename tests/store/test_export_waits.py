"""Every waiting export can say what it waits for, since when and until when."""

import pytest

from rules.failures import FailureKind
from rules.waiting import Wait, WaitReason
from store import export_waits
from store.connect import Db
from tests.store.exporting import pushed, switched_on
from tests.store.people import NOW, World
from tests.store.trying import LATER, connection, fail, one, succeed, taken


def why(db: Db, export_id: str, now: int = LATER) -> Wait | None:
    return export_waits.why_waiting(db, export_id, now=now)


def test_one_that_nothing_hinders_waits_for_its_turn(db: Db, world: World):
    switched_on(db, world)
    [export] = pushed(db, world)
    assert why(db, export.id) == Wait(WaitReason.TURN, since=NOW)


def test_one_that_does_not_wait_has_no_reason(db: Db, world: World):
    switched_on(db, world)
    [export] = pushed(db, world)
    claimed = one(db)
    assert why(db, export.id) is None
    succeed(db, claimed)
    assert why(db, export.id) is None


def test_a_rate_limit_is_a_pause_for_all_with_its_end(db: Db, world: World):
    switched_on(db, world)
    made = [pushed(db, world)[0], pushed(db, world)[0]]
    fail(db, one(db), FailureKind.RATE_LIMITED, retry_after=300)
    until = int(str(connection(db)["paused_until"]))
    for export in made:
        assert why(db, export.id) == Wait(WaitReason.PAUSE, FailureKind.RATE_LIMITED, LATER, until)
    assert until >= LATER + 300_000


def test_a_failed_try_waits_for_its_own_time(db: Db, world: World):
    switched_on(db, world)
    [export] = pushed(db, world)
    decision = fail(db, one(db), FailureKind.UNAVAILABLE)
    assert why(db, export.id) == Wait(WaitReason.RETRY, FailureKind.UNAVAILABLE, LATER, decision.due_at)


def test_its_own_later_time_comes_before_a_shorter_pause(db: Db, world: World):
    switched_on(db, world)
    [export] = pushed(db, world)
    decision = fail(db, one(db), FailureKind.UNAVAILABLE)
    db.conn.execute("update connections set paused_until = :at, pause_reason = 'unavailable'", {"at": LATER + 5})
    found = why(db, export.id)
    assert found is not None
    assert (found.reason, found.until) == (WaitReason.RETRY, decision.due_at)


def test_after_many_failures_the_others_wait_for_the_probe(db: Db, world: World):
    switched_on(db, world)
    for _ in range(5):
        pushed(db, world)
    [waiting] = pushed(db, world, now=NOW + 1)
    for n in range(5):
        fail(db, one(db, claim=f"boot:{n}"), FailureKind.UNAVAILABLE)
    paused = why(db, waiting.id)
    assert paused is not None
    assert (paused.reason, paused.until) == (WaitReason.PAUSE, LATER + 30_000)
    db.conn.execute("update exports set due_at = due_at + 3600000 where id = :id", {"id": waiting.id})
    one(db, now=LATER + 60_000, claim="boot:9")
    db.conn.execute("update exports set due_at = due_at - 3600000 where id = :id", {"id": waiting.id})
    found = why(db, waiting.id, LATER + 60_000)
    assert found is not None
    assert found.reason is WaitReason.PROBE
    assert taken(db, now=LATER + 60_000, claim="boot:10") == []


@pytest.mark.parametrize(
    ("change", "reason", "kind"),
    [
        ("update connections set status = 'needs_reauth'", WaitReason.CONNECTION, FailureKind.NEEDS_REAUTH),
        ("update export_settings set paused_reason = 'folder_gone'", WaitReason.PROJECT, FailureKind.FOLDER_GONE),
        ("update connections set epoch = epoch + 1", WaitReason.STOPPED, None),
        ("update export_settings set epoch = epoch + 1", WaitReason.STOPPED, None),
        ("update results set deleted_at = 1", WaitReason.STOPPED, None),
        ("delete from members", WaitReason.NOBODY, None),
    ],
)
def test_what_a_person_must_do_is_said_before_what_has_a_time(
    db: Db, world: World, change: str, reason: WaitReason, kind: FailureKind | None
):
    switched_on(db, world)
    [export] = pushed(db, world)
    fail(db, one(db), FailureKind.RATE_LIMITED, retry_after=300)
    db.conn.execute(change)
    found = why(db, export.id)
    assert found is not None
    assert (found.reason, found.kind, found.until) == (reason, kind, None)
