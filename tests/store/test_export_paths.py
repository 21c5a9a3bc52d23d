"""Project folders: claimed per Dropbox account, without regard to case, and never taken back."""

from store import connections, export_paths, export_settings, projects, workspaces
from store.connect import Db, rows
from store.projects import Project
from tests.store.exporting import KEYRING, OWNER, connect
from tests.store.people import NOW, World


def project(db: Db, workspace_id: str, name: str) -> Project:
    return projects.create(db, workspace_id, name=name, by=OWNER, now=NOW)


def folder(db: Db, project_id: str) -> str | None:
    return export_paths.claim_project_folder(db, project_id, NOW)


def claims(db: Db) -> list[str]:
    return [str(row["path"]) for row in rows(db, "select path from folder_claims order by path")]


def test_without_a_connection_there_is_nothing_to_claim(db: Db, world: World):
    assert folder(db, world.project.id) is None
    assert claims(db) == []


def test_connecting_claims_the_folders_of_all_projects(db: Db, world: World):
    project(db, world.workspace.id, "Picnic")
    connect(db, world.workspace.id)
    assert claims(db) == ["/Gala", "/Picnic"]


def test_a_new_project_of_a_connected_workspace_claims_its_folder(db: Db, world: World):
    connect(db, world.workspace.id)
    project(db, world.workspace.id, "Picnic")
    assert claims(db) == ["/Gala", "/Picnic"]


def test_claiming_again_changes_nothing(db: Db, world: World):
    connect(db, world.workspace.id)
    assert folder(db, world.project.id) == folder(db, world.project.id) == "/Gala"
    assert claims(db) == ["/Gala"]


def test_the_second_project_of_a_name_gets_a_number(db: Db, world: World):
    connect(db, world.workspace.id)
    second, third = project(db, world.workspace.id, "GALA"), project(db, world.workspace.id, "Gala ")
    assert folder(db, second.id) == "/GALA (2)"
    assert folder(db, third.id) == "/Gala (3)"


def test_a_folder_is_taken_across_workspaces_of_one_dropbox_account(db: Db, world: World):
    connect(db, world.workspace.id)
    other = workspaces.create(db, name="Agency", by="dbid:stranger", now=NOW)
    theirs = project(db, other.id, "gala")
    connect(db, other.id)
    assert folder(db, theirs.id) == "/gala (2)"


def test_another_dropbox_account_has_folders_of_its_own(db: Db, world: World):
    connect(db, world.workspace.id)
    other = workspaces.create(db, name="Agency", by="dbid:stranger", now=NOW)
    theirs = project(db, other.id, "Gala")
    connect(db, other.id, account="dbid:agency")
    assert folder(db, theirs.id) == "/Gala"


def test_a_renamed_project_claims_a_new_folder_and_keeps_the_old_one(db: Db, world: World):
    connect(db, world.workspace.id)
    projects.change(db, world.project.id, name="Ball", by=OWNER, now=NOW)
    assert folder(db, world.project.id) == "/Ball"
    assert folder(db, project(db, world.workspace.id, "Gala").id) == "/Gala (2)"


def test_a_project_renamed_back_has_its_old_folder_again(db: Db, world: World):
    connect(db, world.workspace.id)
    for name in ("Ball", "Gala"):
        projects.change(db, world.project.id, name=name, by=OWNER, now=NOW)
    assert folder(db, world.project.id) == "/Gala"
    assert claims(db) == ["/Ball", "/Gala"]


def test_a_change_of_case_alone_keeps_the_claim_and_shows_the_new_spelling(db: Db, world: World):
    connect(db, world.workspace.id)
    second = project(db, world.workspace.id, "Gala")
    for each in (world.project, second):
        projects.change(db, each.id, name="GALA", by=OWNER, now=NOW)
    assert [folder(db, each.id) for each in (world.project, second)] == ["/GALA", "/GALA (2)"]
    assert claims(db) == ["/Gala", "/Gala (2)"]


def test_a_name_that_looks_like_a_number_is_claimed_like_any_other(db: Db, world: World):
    connect(db, world.workspace.id)
    looks = project(db, world.workspace.id, "Gala (2)")
    assert folder(db, looks.id) == "/Gala (2)"
    assert folder(db, project(db, world.workspace.id, "Gala").id) == "/Gala (3)"
    projects.change(db, looks.id, name="Gala", by=OWNER, now=NOW)
    assert folder(db, looks.id) == "/Gala (2)"


def test_a_selected_folder_holds_the_claim(db: Db, world: World):
    connect(db, world.workspace.id)
    second = project(db, world.workspace.id, "Gala")
    for each in (world.project, second):
        export_settings.change(db, project_id=each.id, folder_path="/Events/2026", by=OWNER, now=NOW)
    assert folder(db, world.project.id) == "/Events/2026/Gala"
    assert folder(db, second.id) == "/Events/2026/Gala (2)"


def test_a_deleted_project_keeps_its_folder(db: Db, world: World):
    connect(db, world.workspace.id)
    projects.mark_deleted(db, world.project.id, by=OWNER, now=NOW)
    assert folder(db, project(db, world.workspace.id, "Gala").id) == "/Gala (2)"


def test_connecting_another_account_claims_there_and_keeps_the_claims_in_the_first(db: Db, world: World):
    connect(db, world.workspace.id)
    connect(db, world.workspace.id, account="dbid:agency")
    found = rows(db, "select dropbox_account_id, path from folder_claims order by dropbox_account_id")
    assert found == [
        {"dropbox_account_id": "dbid:agency", "path": "/Gala"},
        {"dropbox_account_id": "dbid:studio", "path": "/Gala"},
    ]


def test_the_claims_of_a_disconnected_workspace_stay(db: Db, world: World):
    connect(db, world.workspace.id)
    connections.disconnect(db, workspace_id=world.workspace.id, by=OWNER, keyring=KEYRING, now=NOW)
    other = workspaces.create(db, name="Agency", by="dbid:stranger", now=NOW)
    theirs = project(db, other.id, "Gala")
    connect(db, other.id)
    assert folder(db, theirs.id) == "/Gala (2)"


def test_hundreds_of_projects_of_one_name_all_have_folders(db: Db, world: World):
    connect(db, world.workspace.id)
    found = {folder(db, project(db, world.workspace.id, "Untitled").id) for _ in range(200)}
    assert found == {"/Untitled", *(f"/Untitled ({number})" for number in range(2, 201))}
