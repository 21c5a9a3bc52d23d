"""Deleting an account: nothing of the person is left but the audit, and what others need stays (SE-07)."""

import re

import pytest

from rules.states import WorkspaceRole
from store import account_data, account_deletion, api_tokens, connections, members, outbox, workspaces
from store.account_deletion import AUTHORSHIP, NOBODY, OWN
from store.connect import Db, immediate, rows
from store.errors import Conflict
from tests.store.arrivals import KEYRING, NOW, OWNER, arrives
from tests.store.guests import House, approve, enter, house
from tests.store.test_sign_in import revocations

# Says who did something, but goes with its row, or is the site owner's, who can't delete their account.
EXEMPT = {
    ("access_requests", "account_id"),
    ("audit", "actor"),
    ("claim_links", "used_by"),
    ("setup_links", "used_by"),
    ("connections", "dropbox_account_id"),
    ("exports", "dropbox_account_id"),
    ("folder_claims", "dropbox_account_id"),
    ("path_claims", "dropbox_account_id"),
    ("oauth_states", "grant_account_id"),
    ("listed_folders", "dropbox_account_id"),
    ("seen_files", "dropbox_account_id"),
}


@pytest.fixture
def studio(db: Db) -> House:
    """ada owns Studio and is alone in a workspace of her own; bob is a member of Studio."""
    made = house(db)
    enter(db, "bob")
    with immediate(db):
        members.set_role(db, made.workspace_id, "dbid:bob", WorkspaceRole.MEMBER, by=None, now=NOW)
    return made


def delete(db: Db, name: str):
    with immediate(db):
        return account_deletion.delete(db, f"dbid:{name}", owner=OWNER, keyring=KEYRING, now=NOW)


def mentions(db: Db, *texts: str) -> dict[str, list[dict[str, object]]]:
    """The rows of every table in which one of the texts stands."""
    found = {}
    for table in rows(db, "select name from sqlite_master where type = 'table'"):
        listed = rows(db, f"select * from {table['name']}")
        found[str(table["name"])] = [row for row in listed if any(text in str(row) for text in texts)]
    return {table: listed for table, listed in found.items() if listed}


def connect(db: Db, workspace_id: str, by: str) -> None:
    with immediate(db):
        connections.save(
            db,
            workspace_id=workspace_id,
            dropbox_account_id="dbid:studio-box",
            account_email="box@studio.example",
            account_display_name="Box",
            refresh_token=f"connection-{by}",
            scopes=(),
            keyring=KEYRING,
            by=f"dbid:{by}",
            now=NOW,
        )


def test_every_column_that_names_an_account_is_looked_after(db: Db):
    named = set()
    for table in rows(db, "select name from sqlite_master where type = 'table' and name not like '%migrations%'"):
        for column in rows(db, f"select name from pragma_table_info('{table['name']}')"):
            if re.search(r"account_id$|_by$|^actor$", str(column["name"])):
                named.add((str(table["name"]), str(column["name"])))
        for key in rows(
            db, f"select \"from\" as name from pragma_foreign_key_list('{table['name']}') where \"table\" = 'accounts'"
        ):
            named.add((str(table["name"]), str(key["name"])))
    assert named - EXEMPT == {*AUTHORSHIP, *OWN}


def test_nothing_that_names_the_person_is_left_but_the_audit(db: Db, studio: House):
    studio.invite("carol@example.com")
    with immediate(db):
        members.set_role(db, studio.workspace_id, "dbid:bob", WorkspaceRole.OWNER, by="dbid:ada", now=NOW)
        api_tokens.create(db, account_id="dbid:ada", project_id=None, name="x", token_hash="h", now=NOW)
    connect(db, studio.workspace_id, "ada")
    assert {"accounts", "access_requests", "devices", "projects", "invitations"} <= set(mentions(db, "dbid:ada"))
    delete(db, "ada")
    left = mentions(db, "dbid:ada", "ada@example.com")
    assert set(left) == {"audit"}


def test_what_they_made_in_workspaces_that_stay_stays_without_a_name(db: Db, studio: House):
    with immediate(db):
        members.set_role(db, studio.workspace_id, "dbid:bob", WorkspaceRole.OWNER, by="dbid:ada", now=NOW)
    connect(db, studio.workspace_id, "ada")
    delete(db, "ada")
    kept = connections.of_workspace(db, studio.workspace_id)
    assert kept is not None and kept.linked
    assert (kept.connected_by, kept.connected_by_name) == (NOBODY, "Somebody who left")
    assert [member.account_id for member in members.of_workspace(db, studio.workspace_id)] == ["dbid:bob"]
    assert rows(db, "select distinct created_by from projects") == [{"created_by": NOBODY}]


def test_workspaces_that_nobody_else_is_in_go_with_their_grant_and_the_login_grant_too(db: Db, studio: House):
    with immediate(db):
        members.remove(db, studio.workspace_id, "dbid:bob", by=None, now=NOW)
    connect(db, studio.workspace_id, "ada")
    ended = delete(db, "ada")
    assert ended[studio.workspace_id] == 2
    assert all(row["deleted_at"] for row in rows(db, "select deleted_at from workspaces where created_by = 'deleted'"))
    assert sorted(revocations(db)) == ["connection-ada", "refresh-ada"]


def test_the_last_owner_of_a_workspace_with_others_is_refused_and_nothing_changes(db: Db, studio: House):
    before = list(db.conn.iterdump())
    with pytest.raises(Conflict):
        delete(db, "ada")
    assert list(db.conn.iterdump()) == before


def test_an_owner_beside_one_whose_access_ended_is_the_last_one(db: Db, studio: House):
    with immediate(db):
        members.set_role(db, studio.workspace_id, "dbid:bob", WorkspaceRole.OWNER, by=None, now=NOW)
    db.conn.execute("update access_requests set state = 'revoked' where account_id = 'dbid:bob'")
    with pytest.raises(Conflict):
        delete(db, "ada")


def test_the_site_owner_is_refused(db: Db):
    arrives(db, "site-owner")
    with pytest.raises(Conflict):
        delete(db, "site-owner")


def test_somebody_alone_in_a_workspace_that_they_do_not_own_takes_it_along(db: Db, studio: House):
    db.conn.execute("delete from members where account_id = 'dbid:ada'")
    outlook = account_deletion.prospect(db, "dbid:bob", owner=OWNER, now=NOW)
    assert {place.fate for place in outlook.places} == {"goes"}
    delete(db, "bob")
    assert rows(db, "select id from workspaces where deleted_at is null and id = :id", id=studio.workspace_id) == []


def test_who_comes_back_begins_anew_with_a_request_of_their_own(db: Db, studio: House):
    delete(db, "bob")
    assert not arrives(db, "bob").signed_in
    approve(db, "bob@example.com")
    outcome = arrives(db, "bob")
    assert outcome.signed_in and outcome.first and studio.role("bob") is None
    assert len(workspaces_of(db, "bob")) == 1


def workspaces_of(db: Db, name: str) -> list[dict[str, object]]:
    return rows(db, "select workspace_id from members where account_id = :id", id=f"dbid:{name}")


def test_their_open_invitations_end_and_mails_to_them_are_forgotten(db: Db, studio: House):
    enter(db, "carol")
    with immediate(db):
        made = workspaces.create(db, name="Mine", by="dbid:bob", now=NOW)
    token = studio.invite("dan@example.com", by="bob", workspace_id=made.id)
    studio.invite("bob@elsewhere.example")
    with immediate(db):
        outbox.add_mail(db, to="bob@example.com", subject="s", text="t", html="h", keyring=KEYRING, now=NOW, sent=False)
    delete(db, "bob")
    assert studio.worth(token) in ("withdrawn", "gone")
    assert rows(db, "select id from outbox where recipient = 'bob@example.com'") == []


def test_what_is_stored_is_told_kind_by_kind_without_secrets_and_without_the_owners_notes(db: Db, studio: House):
    studio.invite("carol@example.com")
    db.conn.execute("update access_requests set note = 'private note' where account_id = 'dbid:ada'")
    with immediate(db):
        api_tokens.create(db, account_id="dbid:ada", project_id=None, name="Booth", token_hash="digest-x", now=NOW)
    kinds = {kind.key: kind.records for kind in account_data.of_account(db, "dbid:ada")}
    assert kinds["account"][0]["email"] == "ada@example.com"
    assert kinds["access_requests"][0]["state"] == "approved"
    assert kinds["api_tokens"][0]["name"] == "Booth"
    assert {record["name"] for record in kinds["workspaces"]} == {"Studio", "Ada's workspace"}
    assert kinds["invitations_sent"][0]["email"] == "carol@example.com"
    assert any(record["action"] == "invitation.sent" for record in kinds["acts"])
    told = str(kinds)
    for secret in ("private note", "digest-x", "refresh-ada", "ada-device"):
        assert secret not in told
    assert "bob" not in told


def test_of_each_kind_at_most_so_many_are_told(db: Db, studio: House):
    for _ in range(5):
        arrives(db, "ada", secret_hash=f"device-{_}")
    devices = next(kind for kind in account_data.of_account(db, "dbid:ada", most=3) if kind.key == "devices")
    assert len(devices.records) == 3
