"""Claims and endings: whose turn it is, one try at a time, and no ending written over a stop."""

import pytest

from rules.failures import Failure, FailureKind
from rules.letters import Letterhead
from rules.retry import MAX_ATTEMPTS, Decision, decide
from rules.states import ExportState
from store import claims, connections, endings, export_log, export_settings, export_stops, exports, mails, outbox
from store.claims import Claimed, Turn
from store.connect import Db, rows
from store.losses import Loss
from store.mails import Letterbox
from tests.store.exporting import KEYRING, OWNER, audited, connect, pushed, states, switched_on
from tests.store.people import NOW, World

LATER = NOW + 5_000
ACCOUNT = "dbid:studio"


def taken(db: Db, *, now: int = LATER, claim: str = "boot:1", most: int = 1) -> list[Claimed]:
    return claims.claim(db, account=ACCOUNT, now=now, claim=claim, most=most)


def one(db: Db, *, now: int = LATER, claim: str = "boot:1") -> Claimed:
    [claimed] = taken(db, now=now, claim=claim)
    return claimed


def loss(refused: str | None = "refresh-1") -> Loss:
    return Loss(refused, KEYRING, Letterbox(Letterhead("Clementine", "https://photos.example"), KEYRING, True), OWNER)


def fail(db: Db, claimed: Claimed, kind: FailureKind, *, now: int = LATER, **about) -> Decision:
    """End the try as the pump does, by the table of rules/retry.py."""
    failure = Failure(kind, **about)
    decision = decide(
        failure,
        attempt=claimed.attempts + 1,
        now=now,
        jitter=0,
        busy_in_a_row=claimed.busy_in_a_row + 1,
        previous=claimed.previous_failure,
    )
    endings.failed(db, claimed, failure, decision, loss=loss(), started_at=now - 100, now=now)
    return decision


def succeed(db: Db, claimed: Claimed, *, now: int = LATER) -> bool:
    return endings.exported(db, claimed, file_id="id:a", rev="r1", started_at=now - 100, now=now)


def row(db: Db, export_id: str) -> dict[str, object]:
    return rows(db, "select * from exports where id = :id", id=export_id)[0]


def connection(db: Db) -> dict[str, object]:
    return rows(db, "select * from connections")[0]


# -- whose turn it is --------------------------------------------------------------------------------------------------


def test_an_account_with_something_due_has_its_turn(db: Db, world: World):
    switched_on(db, world)
    assert claims.due_accounts(db) == []
    pushed(db, world)
    assert claims.due_accounts(db) == [Turn(ACCOUNT, NOW)]


def test_the_turn_comes_when_the_first_export_falls_due(db: Db, world: World):
    switched_on(db, world)
    first, second = pushed(db, world)[0], pushed(db, world)[0]
    db.conn.execute("update exports set due_at = :at where id = :id", {"at": NOW + 9, "id": first.id})
    db.conn.execute("update exports set due_at = :at where id = :id", {"at": NOW + 7, "id": second.id})
    assert claims.due_accounts(db) == [Turn(ACCOUNT, NOW + 7)]


def test_a_paused_connection_has_its_turn_after_the_pause(db: Db, world: World):
    switched_on(db, world)
    pushed(db, world)
    db.conn.execute("update connections set paused_until = :at", {"at": LATER + 1})
    assert claims.due_accounts(db) == [Turn(ACCOUNT, LATER + 1)]
    assert taken(db) == []
    assert len(taken(db, now=LATER + 1)) == 1


@pytest.mark.parametrize(
    "change",
    [
        "update connections set status = 'needs_reauth'",
        "update connections set epoch = epoch + 1",
        "update export_settings set enabled = 0",
        "update export_settings set epoch = epoch + 1",
        "update export_settings set paused_reason = 'folder_gone'",
        "update results set deleted_at = 1",
        "update experiences set deleted_at = 1",
        "update projects set deleted_at = 1",
        "update workspaces set deleted_at = 1",
    ],
)
def test_what_somebody_stopped_is_not_claimed_and_has_no_turn(db: Db, world: World, change: str):
    switched_on(db, world)
    pushed(db, world)
    db.conn.execute(change)
    assert (claims.due_accounts(db), taken(db)) == ([], [])


def test_a_deleted_result_does_not_hide_the_ones_behind_it(db: Db, world: World):
    switched_on(db, world)
    first, second = pushed(db, world)[0], pushed(db, world, now=NOW + 1)[0]
    db.conn.execute("update results set deleted_at = 1 where id = :id", {"id": first.result_id})
    assert one(db).id == second.id


def test_an_export_is_claimed_once(db: Db, world: World):
    switched_on(db, world)
    pushed(db, world)
    assert len(taken(db)) == 1
    assert taken(db, claim="boot:2") == []
    assert claims.due_accounts(db) == []


def test_the_longest_due_come_first_and_no_more_than_asked_for(db: Db, world: World):
    switched_on(db, world)
    made = [pushed(db, world, now=NOW + n)[0].id for n in (3, 1, 2)]
    assert [claimed.id for claimed in taken(db, most=2)] == [made[1], made[2]]


def test_a_claim_brings_what_the_try_needs(db: Db, world: World):
    link = switched_on(db, world)
    [export] = pushed(db, world)
    claimed = one(db)
    assert (claimed.id, claimed.connection_id, claimed.project_id) == (export.id, link.id, world.project.id)
    assert (claimed.destination_path, claimed.size, claimed.taken_at) == (export.destination_path, 1000, NOW)
    assert (claimed.attempts, claimed.check_first, claimed.folder_path) == (0, False, "")
    assert rows(db, "select media_key from artifacts") == [{"media_key": claimed.media_key}]


def test_the_grant_is_handed_out_only_under_the_claim(db: Db, world: World):
    switched_on(db, world)
    pushed(db, world)
    claimed = one(db)
    assert claims.grant(db, claimed, KEYRING) == "refresh-1"
    claims.give_back(db, claimed, now=LATER, check_first=False)
    assert claims.grant(db, claimed, KEYRING) is None


# -- given back and recovered ------------------------------------------------------------------------------------------


def test_what_is_given_back_spends_no_attempt_and_leaves_no_log(db: Db, world: World):
    switched_on(db, world)
    pushed(db, world)
    claimed = one(db)
    assert claims.give_back(db, claimed, now=LATER, check_first=False)
    after = row(db, claimed.id)
    assert (after["state"], after["attempts"], after["tries"], after["check_first"]) == ("waiting", 0, 0, 0)
    assert export_log.of_export(db, claimed.id) == []
    assert one(db, claim="boot:2").id == claimed.id


def test_at_start_what_was_uploading_waits_and_asks_dropbox_first(db: Db, world: World):
    switched_on(db, world)
    pushed(db, world)
    claimed = one(db)
    assert claims.recover(db, now=LATER) == 1
    again = one(db, claim="next boot:1")
    assert (again.id, again.check_first, again.attempts) == (claimed.id, True, 0)


def test_a_try_from_before_the_restart_ends_nothing(db: Db, world: World):
    switched_on(db, world)
    pushed(db, world)
    stale = one(db)
    claims.recover(db, now=LATER)
    fresh = one(db, claim="next boot:1")
    assert not succeed(db, stale)
    assert not claims.give_back(db, stale, now=LATER, check_first=False)
    assert row(db, fresh.id)["claim"] == "next boot:1"


# -- endings -----------------------------------------------------------------------------------------------------------


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


# -- the connection is lost --------------------------------------------------------------------------------------------


def test_fr_011_an_authentication_error_marks_the_connection_and_the_export_waits(db: Db, world: World):
    switched_on(db, world)
    [export] = pushed(db, world)
    fail(db, one(db), FailureKind.NEEDS_REAUTH)
    assert (connection(db)["status"], connection(db)["lost_at"]) == ("needs_reauth", LATER)
    waiting = exports.get(db, export.id)
    assert (waiting.state, waiting.attempts, waiting.error_kind) == (ExportState.WAITING, 0, "needs_reauth")
    assert taken(db, now=NOW * 2) == []
    assert audited(db)[-1] == "connection.lost"


def test_owners_and_admins_get_one_mail_for_each_loss(db: Db, world: World):
    db.conn.execute(
        """
        insert into access_requests (id, email_key, email, state, account_id, requested_at, decided_at, created_at,
            updated_at)
        select id, email, email, 'approved', id, 1, 1, 1, 1 from accounts
        """
    )
    switched_on(db, world)
    pushed(db, world), pushed(db, world)
    two = taken(db, most=2)
    fail(db, two[0], FailureKind.NEEDS_REAUTH)
    fail(db, two[1], FailureKind.NEEDS_REAUTH)
    sent = mails.listed(db, KEYRING)
    assert sorted(mail.recipient for mail in sent) == ["admin@example.com", "owner@example.com"]
    assert f"/workspaces/{world.workspace.id}/integrations" in str(sent[0].text)
    connect(db, world.workspace.id, token="refresh-2", now=LATER + 1)
    fail_again = one(db, now=LATER + 2, claim="boot:3")
    endings.failed(
        db,
        fail_again,
        Failure(FailureKind.NEEDS_REAUTH),
        decide(Failure(FailureKind.NEEDS_REAUTH), attempt=1, now=LATER + 2, jitter=0),
        loss=loss("refresh-2"),
        started_at=LATER,
        now=LATER + 2,
    )
    assert len(mails.listed(db, KEYRING)) == 4


def test_people_whose_access_was_revoked_get_no_mail(db: Db, world: World):
    switched_on(db, world)
    pushed(db, world)
    fail(db, one(db), FailureKind.NEEDS_REAUTH)
    assert [mail.recipient for mail in mails.listed(db, KEYRING)] == ["owner@example.com"]


def test_a_loss_found_out_with_the_old_grant_does_not_undo_a_reconnect(db: Db, world: World):
    switched_on(db, world)
    pushed(db, world)
    claimed = one(db)
    connect(db, world.workspace.id, token="refresh-2", now=LATER)
    fail(db, claimed, FailureKind.NEEDS_REAUTH)
    assert connection(db)["status"] == "connected"
    assert one(db, claim="boot:2").id == claimed.id


def test_what_waited_through_a_loss_goes_on_after_the_reconnect(db: Db, world: World):
    switched_on(db, world)
    [export] = pushed(db, world)
    fail(db, one(db), FailureKind.NEEDS_REAUTH)
    connect(db, world.workspace.id, token="refresh-2", now=LATER + 1)
    assert one(db, now=LATER + 1, claim="boot:2").id == export.id


# -- fenced by a stop --------------------------------------------------------------------------------------------------


def disconnect(db: Db, world: World) -> None:
    connections.disconnect(db, workspace_id=world.workspace.id, by=OWNER, keyring=KEYRING, now=LATER)


def switch_off(db: Db, world: World) -> None:
    export_settings.switch(db, project_id=world.project.id, enabled=False, by=OWNER, now=LATER)


@pytest.mark.parametrize("stop", [disconnect, switch_off])
def test_sc_005_no_ending_is_written_over_a_stop(db: Db, world: World, stop):
    switched_on(db, world)
    pushed(db, world), pushed(db, world)
    done, broken = taken(db, most=2)
    stop(db, world)
    assert not succeed(db, done)
    fail(db, broken, FailureKind.UNAVAILABLE)
    assert states(db) == {"skipped": 2}
    assert {each["status"] for each in rows(db, "select status from attempts")} == {"skipped"}
    assert claims.due_accounts(db) == []


def test_an_upload_to_the_account_before_is_not_taken_for_one_to_the_account_now(db: Db, world: World):
    switched_on(db, world)
    [export] = pushed(db, world)
    claimed = one(db)
    connect(db, world.workspace.id, account="dbid:other", token="refresh-2", now=LATER)
    assert not succeed(db, claimed)
    assert exports.get(db, export.id).state is ExportState.WAITING


def test_a_file_that_arrived_while_another_folder_was_selected_counts(db: Db, world: World):
    switched_on(db, world)
    pushed(db, world)
    claimed = one(db)
    export_stops.carry_project(db, world.project.id, now=LATER)
    assert row(db, claimed.id)["state"] == "uploading"
    assert succeed(db, claimed)


def test_an_ending_that_comes_under_an_epoch_that_is_over_puts_the_export_back_for_the_sweep(db: Db, world: World):
    switched_on(db, world)
    [export] = pushed(db, world)
    claimed = one(db)
    db.conn.execute("update export_settings set epoch = 9, resume_epoch = 9")
    assert not succeed(db, claimed)
    assert exports.get(db, export.id).state is ExportState.WAITING
    export_stops.sweep(db, now=LATER)
    assert exports.get(db, export.id).state is ExportState.SKIPPED


def test_a_revocation_in_the_outbox_is_no_mail(db: Db, world: World):
    switched_on(db, world)
    disconnect(db, world)
    assert [each.kind for each in outbox.due(db, now=LATER)] == ["revoke_grant"]


def test_what_was_known_of_a_folder_is_forgotten_with_the_account_it_lay_in(db: Db, world: World):
    switched_on(db, world)
    export_settings.change(db, project_id=world.project.id, folder_path="/Photos", by=OWNER, now=NOW)
    pushed(db, world)
    claimed = one(db)
    claims.folder_seen(db, claimed, folder_id="id:folder", now=LATER)
    fail(db, claimed, FailureKind.FOLDER_GONE)
    connect(db, world.workspace.id, account="dbid:other", token="refresh-2", now=LATER)
    after = rows(db, "select folder_id, folder_checked_at, paused_reason from export_settings")
    assert after == [{"folder_id": None, "folder_checked_at": 0, "paused_reason": None}]
