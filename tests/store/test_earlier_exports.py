"""Earlier results: what is offered, what is sent, in which order, and never twice."""

import pytest

from rules.failures import FailureKind
from rules.states import EarlierState, ExportState
from store import connections, earlier_exports, earlier_sending, export_log, export_settings, exports
from store.connect import Db, immediate, rows
from store.earlier_exports import Offer
from store.errors import Conflict
from store.export_log import Skip
from tests.store.exporting import KEYRING, OWNER, audited, claim, connect, finish, pushed, result, states, switched_on
from tests.store.people import NOW, World

LATER = NOW + 60_000


def offer(db: Db, world: World) -> Offer:
    return earlier_exports.offer(db, world.project.id)


def begin(db: Db, world: World) -> None:
    with immediate(db):
        earlier_exports.begin(db, world.project.id, offer(db, world), by=OWNER, now=LATER)


def send_all(db: Db, most: int = 2) -> int:
    slices = 0
    while earlier_sending.anything_to_send(db):
        with immediate(db):
            earlier_sending.send(db, now=LATER, most=most)
        slices += 1
        assert slices < 100
    return slices


def test_results_from_before_export_was_on_are_offered_and_sent_behind_fresh_ones(db: Db, world: World):
    connect(db, world.workspace.id)
    early = [result(db, world, now=NOW - 10 + number, files=(("a", "final"), ("b", "final"))) for number in range(5)]
    switched_on(db, world)
    fresh = pushed(db, world)
    assert offer(db, world) == Offer(results=5, files=10)
    begin(db, world)
    assert offer(db, world) == Offer(0, 0)
    assert send_all(db) > 3
    for result_id in early:
        assert [each.state for each in exports.of_result(db, result_id)] == [ExportState.WAITING] * 2
    found = rows(db, "select distinct priority from exports where result_id = :id", id=early[0])
    assert found == [{"priority": earlier_sending.PRIORITY}]
    assert rows(db, "select priority, earlier_id from exports where id = :id", id=fresh[0].id) == [
        {"priority": 0, "earlier_id": None}
    ]
    sending = earlier_exports.latest(db, world.project.id)
    assert sending is not None
    assert (sending.state, sending.total, sending.ended, sending.under_way) == (EarlierState.SENT, 10, 0, True)
    assert audited(db)[-1] == "export.earlier_sent"


def test_asking_again_sends_nothing_twice(db: Db, world: World):
    for _ in range(3):
        result(db, world)
    switched_on(db, world)
    begin(db, world)
    begin(db, world)
    send_all(db)
    assert states(db) == {"waiting": 3}
    with pytest.raises(Conflict, match="Every result"):
        begin(db, world)


def test_skipped_exports_are_sent_the_same_way(db: Db, world: World):
    connection = switched_on(db, world)
    (skipped,), (failed,), (done,) = pushed(db, world), pushed(db, world), pushed(db, world)
    with immediate(db):
        export_log.skip(db, [Skip(skipped.id, FailureKind.DISCONNECTED)], now=NOW)
    for export, state in ((failed, "failed"), (done, "exported")):
        claim(db, export.id)
        finish(db, export.id, state)
    assert offer(db, world) == Offer(results=1, files=1)
    begin(db, world)
    send_all(db)
    again = exports.get(db, skipped.id)
    assert (again.state, again.destination_path) == (ExportState.WAITING, skipped.destination_path)
    row = rows(db, "select connection_epoch, priority from exports where id = :id", id=skipped.id)[0]
    assert row == {"connection_epoch": connection.epoch, "priority": earlier_sending.PRIORITY}
    assert states(db) == {"waiting": 1, "failed": 1, "exported": 1}


def test_a_result_that_gets_another_artifact_while_export_is_off_is_offered(db: Db, world: World):
    switched_on(db, world)
    (export,) = pushed(db, world)
    assert offer(db, world) == Offer(0, 0)
    db.conn.execute(
        """
        insert into artifacts select 'more', result_id, 'more', variant, state, media_type, extension, size, sha256,
            content_hash, 'f' || substr(media_key, 2), 1, created_at
        from artifacts where result_id = ?
        """,
        [export.result_id],
    )
    assert offer(db, world) == Offer(results=1, files=1)


def test_what_is_deleted_or_still_to_be_fetched_is_not_offered(db: Db, world: World):
    gone, fetching = result(db, world), result(db, world)
    db.conn.execute("update results set deleted_at = 1 where id = ?", [gone])
    db.conn.execute("update results set unsent = 0 where id = ?", [fetching])
    db.conn.execute("update artifacts set state = 'fetching' where result_id = ?", [fetching])
    switched_on(db, world)
    assert offer(db, world) == Offer(0, 0)
    db.conn.execute("update artifacts set state = 'ready' where result_id = ?", [fetching])
    assert offer(db, world) == Offer(1, 1)


def test_switched_off_meanwhile_it_stops_and_the_rest_is_offered_again(db: Db, world: World):
    for number in range(6):
        result(db, world, now=NOW + number)
    switched_on(db, world)
    begin(db, world)
    with immediate(db):
        earlier_sending.send(db, now=LATER, most=2)
        export_settings.switch(db, project_id=world.project.id, enabled=False, by=OWNER, now=LATER)
    send_all(db)
    sending = earlier_exports.latest(db, world.project.id)
    assert sending is not None and sending.state is EarlierState.STOPPED
    assert sum(states(db).values()) == 2
    assert offer(db, world).results == 4


@pytest.mark.parametrize("stopped", ["off", "disconnected", "never connected"])
def test_while_nothing_can_be_exported_nothing_is_begun(db: Db, world: World, stopped: str):
    result(db, world)
    if stopped != "never connected":
        switched_on(db, world)
    with immediate(db):
        if stopped == "off":
            export_settings.switch(db, project_id=world.project.id, enabled=False, by=OWNER, now=NOW)
        elif stopped == "disconnected":
            connections.disconnect(db, workspace_id=world.workspace.id, by=OWNER, keyring=KEYRING, now=NOW)
    with pytest.raises(Conflict):
        begin(db, world)
    assert not earlier_sending.anything_to_send(db)


def test_one_that_cannot_be_enqueued_keeps_no_other_from_it(db: Db, world: World):
    bad, good = result(db, world, now=NOW - 2), result(db, world, now=NOW - 1)
    switched_on(db, world)
    begin(db, world)
    db.conn.execute("create trigger bad before insert on exports when new.result_id = '" + bad + "' "
                    "begin select raise(abort, 'bad'); end")  # fmt: skip
    send_all(db)
    assert [len(exports.of_result(db, each)) for each in (bad, good)] == [0, 1]
    db.conn.execute("drop trigger bad")
    assert offer(db, world) == Offer(1, 1)


def test_progress_counts_how_its_own_exports_ended(db: Db, world: World):
    for _ in range(4):
        result(db, world)
    switched_on(db, world)
    pushed(db, world)
    begin(db, world)
    send_all(db)
    ids = [str(row["id"]) for row in rows(db, "select id from exports where earlier_id is not null")]
    for export_id, state in zip(ids, ("exported", "exported", "failed"), strict=False):
        claim(db, export_id)
        finish(db, export_id, state)
    sending = earlier_exports.latest(db, world.project.id)
    assert sending is not None
    assert (sending.total, sending.exported, sending.failed, sending.under_way) == (4, 2, 1, True)
    claim(db, ids[3])
    finish(db, ids[3], "exported")
    sending = earlier_exports.latest(db, world.project.id)
    assert sending is not None and not sending.under_way


def test_a_persons_retry_puts_an_earlier_export_in_front(db: Db, world: World):
    result(db, world)
    switched_on(db, world)
    begin(db, world)
    send_all(db)
    export_id = str(rows(db, "select id from exports")[0]["id"])
    with immediate(db):
        exports.retry(db, export_id=export_id, by=OWNER, now=LATER)
    assert rows(db, "select priority from exports") == [{"priority": 0}]


def test_a_slice_is_small_whatever_waits(db: Db, world: World):
    for number in range(200):
        result(db, world, now=NOW + number)
    switched_on(db, world)
    begin(db, world)
    with immediate(db):
        assert earlier_sending.send(db, now=LATER) <= 20
