"""What ends with somebody's access, and which exports go on because another owner or admin is there."""

import pytest

from rules.approval import Move
from rules.states import WorkspaceRole
from store import claim_links, connections, decisions, members, outbox, revocations, workspaces
from store.connect import immediate
from store.connections import Connection
from store.errors import NotFound
from store.revocations import Minded
from tests.store.arrivals import BY_OWNER, KEYRING, LETTERBOX, NOW, OWNER, arrives
from tests.store.test_access_requests import decide
from tests.store.test_decisions import approve


@pytest.fixture
def studio(db):
    """Ada and Bob are in; Ada owns a workspace connected to a Dropbox. Its id."""
    for name in ("ada", "bob"):
        approve(db, f"{name}@example.com")
        arrives(db, name)
    arrives(db, "site-owner", account_id=OWNER)
    with immediate(db):
        made = workspaces.create(db, name="Studio", by="dbid:ada", now=NOW)
    connect(db, made.id)
    return made.id


def connect(db, workspace_id):
    with immediate(db):
        connections.save(
            db,
            workspace_id=workspace_id,
            dropbox_account_id="dbid:box",
            account_email="box@example.com",
            account_display_name="Box",
            refresh_token=f"refresh-{workspace_id}",
            scopes=("files.content.write",),
            keyring=KEYRING,
            by="dbid:ada",
            now=NOW,
        )


def join(db, workspace_id, account_id, role):
    with immediate(db):
        members.set_role(db, workspace_id, account_id, role, by=None, now=NOW, way="command")


def minded(db, account_id="dbid:ada", now=NOW):
    return {each.name: each for each in revocations.minded(db, account_id, owner=OWNER, now=now)}


def revoke(db, email="ada@example.com"):
    return decide(db, Move.REVOKE, email, now=NOW + 1)


def connection(db, workspace_id) -> Connection:
    found = connections.of_workspace(db, workspace_id)
    assert found is not None
    return found


def status(db, workspace_id):
    return connection(db, workspace_id).status


def test_exports_that_nobody_else_minds_stop_with_the_access_and_their_grant_is_handed_back(db, studio):
    assert minded(db)["Studio"].stops
    before = connection(db, studio)
    moved = revoke(db)
    after = connection(db, studio)
    assert moved.ended == {before.id: before.epoch + 1}
    assert (after.status, after.epoch, after.disconnected_by) == ("disconnected", before.epoch + 1, None)
    waiting = [outbox.opened(KEYRING, item) for item in outbox.due(db, now=NOW + 1) if item.kind == "revoke_grant"]
    assert {"refresh_token": f"refresh-{studio}"} in waiting and {"refresh_token": "refresh-ada"} in waiting


@pytest.mark.parametrize("role", [WorkspaceRole.OWNER, WorkspaceRole.ADMIN])
def test_exports_go_on_while_another_owner_or_admin_is_there(db, studio, role):
    join(db, studio, "dbid:bob", role)
    assert minded(db)["Studio"].others == ["Bob"] and not minded(db)["Studio"].stops
    assert revoke(db).ended == {} and status(db, studio) == "connected"
    assert revoke(db, "bob@example.com").ended != {} and status(db, studio) == "disconnected"


def test_a_plain_member_minds_nothing(db, studio):
    join(db, studio, "dbid:bob", WorkspaceRole.MEMBER)
    assert minded(db)["Studio"].stops
    assert revoke(db, "bob@example.com").ended == {} and status(db, studio) == "connected"


def test_the_site_owner_minds_as_an_admin_without_an_approval(db, studio):
    join(db, studio, OWNER, WorkspaceRole.ADMIN)
    assert minded(db)["Studio"].others == ["Site-owner"]


def test_an_admin_whose_access_is_over_minds_nothing(db, studio):
    join(db, studio, "dbid:bob", WorkspaceRole.ADMIN)
    db.conn.execute("update access_requests set approved_until = :u where account_id = 'dbid:bob'", {"u": NOW + 1})
    assert minded(db)["Studio"].others == ["Bob"] and minded(db, now=NOW + 1)["Studio"].others == []


def test_a_workspace_without_a_dropbox_has_nothing_to_stop(db, studio):
    assert minded(db)["Ada's workspace"] == Minded(
        minded(db)["Ada's workspace"].workspace_id, "Ada's workspace", None, 0, []
    )
    with immediate(db):
        connections.disconnect(db, workspace_id=studio, by="dbid:ada", keyring=KEYRING, now=NOW)
    assert not minded(db)["Studio"].stops and revoke(db).ended == {}


def test_an_approval_that_nobody_used_ends_with_its_links(db):
    approve(db, "new@example.com")
    with immediate(db):
        token = claim_links.make(db, decisions.id_of(db, "new@example.com"), now=NOW)
        request_id = decisions.id_of(db, "new@example.com")
        moved = decisions.decide(
            db, request_id, Move.REVOKE, decider=BY_OWNER, letterbox=LETTERBOX, owner=OWNER, now=NOW
        )
    assert moved.ended == {} and claim_links.find(db, token).ended_at == NOW


def test_nobody_unknown_minds_anything(db):
    assert revocations.minded(db, "dbid:nobody", owner=OWNER, now=NOW) == []
    with pytest.raises(NotFound):
        revoke(db, "nobody@example.com")
