"""The export log: a row for each skip, none for what had moved on, and the newest of a project first."""

from rules.failures import FailureKind
from rules.states import AttemptStatus
from store import export_log, exports
from store.connect import Db, rows
from store.export_log import Skip
from tests.store.exporting import OWNER, claim, finish, pushed, switched_on
from tests.store.people import NOW, World

LATER = NOW + 60_000


def test_fr_010_a_skip_leaves_a_row_with_job_session_path_and_reason(db: Db, world: World):
    switched_on(db, world)
    export = pushed(db, world, session="guest-7")[0]
    assert export_log.skip(db, [Skip(export.id, FailureKind.EXPORT_OFF)], now=LATER) == 1
    row = export_log.of_export(db, export.id)[0]
    assert (row.job_id, row.destination_path, row.status) == (
        export.job_id,
        export.destination_path,
        AttemptStatus.SKIPPED,
    )
    assert (row.error_kind, row.error_message) == ("export_off", "Export to Dropbox is off for this project")
    assert (row.n, row.started_at, row.finished_at, row.created_at) == (1, LATER, LATER, LATER)
    assert (row.export_id, row.session) == (export.id, "guest-7")


def test_what_is_being_uploaded_loses_its_claim(db: Db, world: World):
    switched_on(db, world)
    export = pushed(db, world)[0]
    claim(db, export.id)
    assert export_log.skip(db, [Skip(export.id, FailureKind.DELETED)], now=LATER) == 1
    assert rows(db, "select state, claim, claimed_at, finished_at from exports") == [
        {"state": "skipped", "claim": None, "claimed_at": None, "finished_at": LATER}
    ]


def test_what_has_ended_stays_as_it_ended_and_gets_no_row(db: Db, world: World):
    switched_on(db, world)
    exported, skipped = pushed(db, world)[0], pushed(db, world)[0]
    finish(db, exported.id, "exported")
    export_log.skip(db, [Skip(skipped.id, FailureKind.EXPORT_OFF)], now=LATER)
    both = [Skip(each.id, FailureKind.DELETED) for each in (exported, skipped)]
    assert export_log.skip(db, both, now=LATER + 1) == 0
    assert [row.error_kind for row in export_log.of_project(db, world.project.id)] == [FailureKind.EXPORT_OFF]


def test_each_skip_of_an_export_has_a_number_of_its_own(db: Db, world: World):
    switched_on(db, world)
    export = pushed(db, world)[0]
    for now in (LATER, LATER + 2):
        export_log.skip(db, [Skip(export.id, FailureKind.EXPORT_OFF)], now=now)
        exports.retry(db, export_id=export.id, by=OWNER, now=now + 1)
    assert [row.n for row in export_log.of_export(db, export.id)] == [1, 2]


def test_the_log_of_a_project_has_the_newest_first_and_pages_join(db: Db, world: World):
    switched_on(db, world)
    made = [pushed(db, world)[0] for _ in range(6)]
    for number, export in enumerate(made):
        export_log.skip(db, [Skip(export.id, FailureKind.EXPORT_OFF)], now=LATER + number // 3)
    whole = export_log.of_project(db, world.project.id)
    assert [row.created_at for row in whole] == [LATER + 1] * 3 + [LATER] * 3
    first = export_log.of_project(db, world.project.id, most=4)
    rest = export_log.of_project(db, world.project.id, before=(first[-1].created_at, first[-1].id))
    assert first + rest == whole
    assert export_log.of_project(db, "another") == []
