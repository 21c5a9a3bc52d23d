"""Endings: what a try leaves behind for the export, its connection and its project."""

import pytest

from rules.failures import FailureKind
from rules.retry import MAX_ATTEMPTS
from rules.states import ExportState
from store import export_log, export_settings, export_stops, exports
from store.connect import Db, rows
from tests.store.exporting import OWNER, pushed, switched_on
from tests.store.people import NOW, World
from tests.store.trying import LATER, connection, fail, one, succeed, taken


def test_an_exported_file_has_its_revision_and_one_log_row(db: Db, world: World):
    switched_on(db, world)
    [export] = pushed(db, world)
    assert succeed(db, one(db))
    done = exports.get(db, export.id)
    assert (done.state, done.rev, done.dropbox_file_id, done.attempts) == (ExportState.EXPORTED, "r1", "id:a", 1)
    assert done.finished_at == LATER
    [logged] = export_log.of_export(db, export.id)
    assert (logged.n, logged.status, logged.destination_path) == (1, "success", export.destination_path)
    assert (logged.started_at, logged.finished_at) == (LATER - 100, LATER)
    assert connection(db)["last_export_at"] == LATER


def test_fr_010_every_try_has_a_log_row_spent_or_not(db: Db, world: World):
    switched_on(db, world)
    [export] = pushed(db, world)
    fail(db, one(db), FailureKind.UNAVAILABLE, detail="HTTP 503", request_id="q1")
    fail(db, one(db, now=LATER + 60_000), FailureKind.RATE_LIMITED, retry_after=1, now=LATER + 60_000)
    succeed(db, one(db, now=LATER + 120_000), now=LATER + 120_000)
    logged = export_log.of_export(db, export.id)
    assert [(each.n, each.status, each.error_kind) for each in logged] == [
        (1, "failed", "unavailable"),
        (2, "failed", "rate_limited"),
        (3, "success", None),
    ]
    assert logged[0].error_message == "Dropbox did not answer as it should (HTTP 503)"
    assert exports.get(db, export.id).attempts == 2
    assert rows(db, "select request_id from attempts where n = 1") == [{"request_id": "q1"}]


def test_an_unknown_outcome_backs_off_and_asks_first_next_time(db: Db, world: World):
    switched_on(db, world)
    pushed(db, world)
    fail(db, one(db), FailureKind.UNAVAILABLE, outcome_known=False)
    assert taken(db, now=LATER + 9_999) == []
    again = one(db, now=LATER + 10_000)
    assert (again.attempts, again.check_first) == (1, True)


def test_a_rate_limit_pauses_the_connection_and_spends_nothing(db: Db, world: World):
    switched_on(db, world)
    pushed(db, world), pushed(db, world)
    fail(db, one(db), FailureKind.RATE_LIMITED, retry_after=300)
    after = connection(db)
    assert (after["pause_reason"], after["paused_at"]) == ("rate_limited", LATER)
    assert int(str(after["paused_until"])) >= LATER + 300_000
    assert taken(db, now=LATER + 299_999) == []
    assert {each["attempts"] for each in rows(db, "select attempts from exports")} == {0}
    assert len(taken(db, now=int(str(after["paused_until"])), most=9)) == 2


def test_a_longer_pause_stays(db: Db, world: World):
    switched_on(db, world)
    pushed(db, world), pushed(db, world)
    two = taken(db, most=2)
    fail(db, two[0], FailureKind.INSUFFICIENT_SPACE)
    fail(db, two[1], FailureKind.RATE_LIMITED, retry_after=10)
    assert connection(db)["pause_reason"] == "insufficient_space"
    assert connection(db)["paused_until"] == LATER + 3_600_000


@pytest.mark.parametrize("kind", [FailureKind.INSUFFICIENT_SPACE, FailureKind.NOT_PERMITTED])
def test_a_full_or_forbidden_dropbox_pauses_for_an_hour_and_spends_nothing(db: Db, world: World, kind: FailureKind):
    switched_on(db, world)
    pushed(db, world)
    fail(db, one(db), kind)
    assert (connection(db)["pause_reason"], connection(db)["paused_until"]) == (kind, LATER + 3_600_000)
    assert one(db, now=LATER + 3_600_000).attempts == 0


def test_busy_waits_shortly_and_longer_each_time(db: Db, world: World):
    switched_on(db, world)
    pushed(db, world)
    now, waits = LATER, []
    for _ in range(4):
        decision = fail(db, one(db, now=now), FailureKind.BUSY, now=now)
        assert decision.due_at is not None
        waits.append((decision.due_at - now) // 1000)
        now = decision.due_at
    assert waits == [1, 2, 4, 8]
    assert one(db, now=now).attempts == 0
    assert connection(db)["paused_until"] == 0


@pytest.mark.parametrize("kind", [FailureKind.BAD_NAME, FailureKind.SOURCE_MISSING, FailureKind.DEFECT])
def test_what_no_wait_mends_fails_at_once_with_its_sentence(db: Db, world: World, kind: FailureKind):
    switched_on(db, world)
    [export] = pushed(db, world)
    fail(db, one(db), kind, detail="because")
    done = exports.get(db, export.id)
    assert (done.state, done.error_kind, done.attempts, done.finished_at) == (ExportState.FAILED, kind, 1, LATER)
    assert done.error_message is not None and done.error_message.endswith("(because)")


def test_a_hash_that_differs_twice_fails_whatever_came_between(db: Db, world: World):
    switched_on(db, world)
    [export] = pushed(db, world)
    fail(db, one(db), FailureKind.HASH_MISMATCH)
    fail(db, one(db, now=NOW + 60_000), FailureKind.UNAVAILABLE, now=NOW + 60_000)
    assert exports.get(db, export.id).state is ExportState.WAITING
    fail(db, one(db, now=NOW + 600_000), FailureKind.HASH_MISMATCH, now=NOW + 600_000)
    assert exports.get(db, export.id).state is ExportState.FAILED


def test_the_tenth_spent_try_is_the_last(db: Db, world: World):
    switched_on(db, world)
    [export] = pushed(db, world)
    now = LATER
    for _ in range(MAX_ATTEMPTS):
        assert exports.get(db, export.id).state is ExportState.WAITING
        fail(db, one(db, now=now), FailureKind.UNAVAILABLE, now=now)
        now += 24_000_000
    done = exports.get(db, export.id)
    assert (done.state, done.attempts) == (ExportState.FAILED, MAX_ATTEMPTS)


def test_five_unavailable_tries_in_a_row_open_the_breaker_and_one_success_forgets_them(db: Db, world: World):
    switched_on(db, world)
    for _ in range(6):
        pushed(db, world)
    for n in range(4):
        fail(db, one(db, claim=f"boot:{n}"), FailureKind.UNAVAILABLE)
    assert connection(db)["paused_until"] == 0
    fail(db, one(db, claim="boot:5"), FailureKind.UNAVAILABLE)
    assert (connection(db)["paused_until"], connection(db)["pause_reason"]) == (LATER + 30_000, "unavailable")
    succeed(db, one(db, now=LATER + 30_000, claim="boot:6"), now=LATER + 30_000)
    after = connection(db)
    assert (after["failures_in_a_row"], after["pause_reason"], after["paused_at"]) == (0, None, None)


def test_a_folder_that_is_gone_pauses_its_project_alone(db: Db, world: World):
    switched_on(db, world)
    [export] = pushed(db, world)
    fail(db, one(db), FailureKind.FOLDER_GONE)
    assert export_settings.of(db, world.project.id).paused_reason is FailureKind.FOLDER_GONE
    assert (taken(db, now=NOW * 2), exports.get(db, export.id).attempts) == ([], 0)
    export_settings.change(db, project_id=world.project.id, folder_path="/New", by=OWNER, now=LATER)
    export_stops.sweep(db, now=LATER)
    assert one(db, now=LATER).destination_path.startswith("/New/")
