"""A connection that Dropbox no longer honours: marked once, told once, resumed by a reconnect."""

from rules.failures import Failure, FailureKind
from rules.retry import decide
from rules.states import ExportState
from store import endings, exports, mails
from store.connect import Db
from tests.store.exporting import KEYRING, audited, connect, pushed, switched_on
from tests.store.people import NOW, World
from tests.store.trying import LATER, connection, fail, loss, one, taken


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
