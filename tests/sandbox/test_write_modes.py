"""WriteMode, autorename, strict_conflict and identical content; names; folders; deleting."""

import pytest
from dropbox import files
from dropbox.exceptions import ApiError

from tests.sandbox.conftest import STUDIO
from tests.sandbox.test_uploads import conflict_of

ADD, OVERWRITE = files.WriteMode.add, files.WriteMode.overwrite


def reason(call, *given, **more) -> str:
    """The tag of the WriteError that an upload raises."""
    with pytest.raises(ApiError) as refused:
        call(*given, **more)
    return str(refused.value.error.get_path().reason._tag)


@pytest.mark.parametrize("mode", [ADD, OVERWRITE, files.WriteMode.update("123456789")])
def test_identical_content_writes_nothing_and_is_no_conflict(studio, sandbox, mode):
    first = studio.files_upload(b"same", "/a.txt")
    assert studio.files_upload(b"same", "/A.txt", mode=mode) == first
    assert sandbox.files(STUDIO)["/Apps/Clementine/a.txt"]["revisions"] == 1


def test_strict_conflict_makes_identical_content_a_conflict(studio):
    studio.files_upload(b"same", "/a.txt")
    assert reason(studio.files_upload, b"same", "/a.txt", strict_conflict=True) == "conflict"


def test_overwrite_is_a_new_revision_of_the_same_file(studio, sandbox):
    first = studio.files_upload(b"one", "/Report.txt")
    second = studio.files_upload(b"two", "/report.TXT", mode=OVERWRITE)
    assert second.id == first.id
    assert second.rev != first.rev
    assert second.name == "Report.txt"
    assert sandbox.files(STUDIO)["/Apps/Clementine/Report.txt"]["revisions"] == 2


def test_update_needs_the_current_revision(studio):
    first = studio.files_upload(b"one", "/a.txt")
    second = studio.files_upload(b"two", "/a.txt", mode=files.WriteMode.update(first.rev))
    assert second.id == first.id
    assert reason(studio.files_upload, b"three", "/a.txt", mode=files.WriteMode.update(first.rev)) == "conflict"
    copy = studio.files_upload(b"three", "/a.txt", mode=files.WriteMode.update(first.rev), autorename=True)
    assert copy.name == "a (conflicted copy).txt"


def test_update_of_a_deleted_file_writes_unless_strict(studio):
    first = studio.files_upload(b"one", "/a.txt")
    studio.files_delete_v2("/a.txt")
    update = files.WriteMode.update(first.rev)
    assert reason(studio.files_upload, b"two", "/a.txt", mode=update, strict_conflict=True) == "conflict"
    assert studio.files_upload(b"two", "/a.txt", mode=update).name == "a.txt"


def test_autorename_numbers_copies_and_keeps_the_extension(studio):
    for content, name in ((b"1", "a.b.txt"), (b"2", "a.b (1).txt"), (b"3", "a.b (2).txt")):
        assert studio.files_upload(content, "/a.b.txt", autorename=True).name == name
    studio.files_upload(b"1", "/.hidden")
    assert studio.files_upload(b"2", "/.hidden", autorename=True).name == ".hidden (1)"


@pytest.mark.parametrize("mode", [ADD, OVERWRITE])
def test_a_folder_in_the_way_is_always_a_conflict(studio, mode):
    studio.files_create_folder_v2("/a")
    with pytest.raises(ApiError) as refused:
        studio.files_upload(b"x", "/A", mode=mode)
    assert conflict_of(refused.value).is_folder()
    assert studio.files_upload(b"x", "/a", mode=mode, autorename=True).name == "a (1)"


def test_a_file_on_the_way_is_a_file_ancestor(studio):
    studio.files_upload(b"x", "/a")
    with pytest.raises(ApiError) as refused:
        studio.files_upload(b"y", "/a/b/c.txt")
    assert conflict_of(refused.value).is_file_ancestor()


def test_parents_come_by_themselves_and_keep_the_case_they_have(studio):
    studio.files_upload(b"x", "/Gala/Booth/1.jpg")
    second = studio.files_upload(b"y", "/GALA/booth/2.jpg")
    assert second.path_display == "/Gala/Booth/2.jpg"
    assert second.path_lower == "/gala/booth/2.jpg"


def test_the_two_ways_to_write_an_accent_are_one_name(studio):
    composed, decomposed = "/caf\u00e9.txt", "/cafe\u0301.txt"
    first = studio.files_upload(b"x", composed)
    assert studio.files_upload(b"x", decomposed).id == first.id


@pytest.mark.parametrize(
    "path",
    [
        "/a/",
        "/a//b",
        "/a ",
        "/a /b",
        "/a\t",
        "/.",
        "/a/../b",
        "/a\\b",
        "/nul\x00",
        "/del\x7f",
        "/" + "x" * 256,
        "/" + "é" * 256 + "/b",
        "/a" * 2501,
    ],
)
def test_malformed_paths_are_refused(studio, path):
    assert reason(studio.files_upload, b"x", path) == "malformed_path"


@pytest.mark.parametrize(
    "name",
    ["desktop.ini", "Thumbs.db", ".DS_Store", "icon\r", ".dropbox", ".dropbox.attr", "~$doc.docx", ".~x", "~x.tmp"],
)
def test_names_that_dropbox_never_saves_are_disallowed(studio, name):
    assert reason(studio.files_upload, b"x", f"/folder/{name}") == "disallowed_name"


@pytest.mark.parametrize("name", ['<>:"|?*', "dot.", "x" * 255, "🎉" * 100, "CON", "a\nb", "...", "rev:1"])
def test_names_that_only_windows_minds_are_saved(studio, name):
    assert studio.files_upload(b"x", f"/{name}").name == name


def test_the_root_is_no_file(studio):
    assert reason(studio.files_upload, b"x", "/") == "malformed_path"


def test_a_refused_upload_waits_in_a_session_for_another_path(studio):
    studio.files_upload(b"x", "/a")
    with pytest.raises(ApiError) as refused:
        studio.files_upload(b"precious", "/a/b")
    session = refused.value.error.get_path().upload_session_id
    cursor = files.UploadSessionCursor(session_id=session, offset=8)
    assert studio.files_upload_session_finish(b"", cursor, files.CommitInfo(path="/c")).size == 8


def test_a_wrong_content_hash_is_refused_and_nothing_is_written(studio, sandbox):
    with pytest.raises(ApiError) as refused:
        studio.files_upload(b"x", "/a", content_hash="0" * 64)
    assert refused.value.error.is_content_hash_mismatch()
    assert sandbox.files(STUDIO) == {}


def test_folders_are_made_once(studio):
    made = studio.files_create_folder_v2("/A/B").metadata
    assert made.path_display == "/A/B"
    with pytest.raises(ApiError) as refused:
        studio.files_create_folder_v2("/a/b")
    assert refused.value.error.get_path().get_conflict().is_folder()
    assert studio.files_create_folder_v2("/a/b", autorename=True).metadata.name == "b (1)"
    with pytest.raises(ApiError) as refused:
        studio.files_create_folder_v2("/c/")
    assert refused.value.error.get_path().is_malformed_path()


def test_deleting_a_folder_takes_all_in_it_and_nothing_beside_it(studio):
    for path in ("/a/1", "/a/b/2", "/a b/3", "/ab"):
        studio.files_upload(b"x", path)
    assert studio.files_delete_v2("/A").metadata.path_display == "/a"
    left = {entry.path_display for entry in studio.files_list_folder("", recursive=True).entries}
    assert left == {"/a b", "/a b/3", "/ab"}
    with pytest.raises(ApiError) as refused:
        studio.files_delete_v2("/a")
    assert refused.value.error.get_path_lookup().is_not_found()


def test_deleting_can_insist_on_a_revision(studio):
    first = studio.files_upload(b"1", "/a")
    second = studio.files_upload(b"2", "/a", mode=OVERWRITE)
    with pytest.raises(ApiError) as refused:
        studio.files_delete_v2("/a", parent_rev=first.rev)
    assert refused.value.error.get_path_write().get_conflict().is_file()
    assert studio.files_delete_v2("/a", parent_rev=second.rev).metadata.rev == second.rev


def test_the_root_and_other_peoples_files_cannot_be_deleted(studio, sandbox):
    with pytest.raises(ApiError):
        studio.files_delete_v2("/")
    with sandbox.client("agency@example.com") as agency:
        there = agency.files_upload(b"x", "/a")
        for path in ("/a", there.id):
            with pytest.raises(ApiError) as refused:
                studio.files_delete_v2(path)
            assert refused.value.error.get_path_lookup().is_not_found()


def test_a_deleted_file_is_seen_only_by_who_asks_for_deleted_ones(studio):
    studio.files_upload(b"x", "/a.txt")
    studio.files_delete_v2("/a.txt")
    with pytest.raises(ApiError):
        studio.files_get_metadata("/a.txt")
    left = studio.files_get_metadata("/a.txt", include_deleted=True)
    assert isinstance(left, files.DeletedMetadata)
    assert left.path_display == "/a.txt"
    again = studio.files_upload(b"y", "/a.txt")
    assert isinstance(again, files.FileMetadata)


def test_ids_and_namespaces_lead_to_the_same_file(studio):
    made = studio.files_upload(b"x", "/Folder/a.txt")
    folder = studio.files_get_metadata("/folder")
    own = studio.users_get_current_account().root_info.root_namespace_id
    for path in (made.id, f"{folder.id}/A.TXT", f"ns:{own}/folder/a.txt", f"rev:{made.rev}"):
        assert studio.files_get_metadata(path).id == made.id
    for path in ("id:nobody", "ns:1/folder/a.txt", "rev:123456789"):
        with pytest.raises(ApiError) as refused:
            studio.files_get_metadata(path)
        assert refused.value.error.get_path().is_not_found()


def test_a_path_that_leads_out_of_sight_may_not_be_written(studio):
    for path in ("ns:1/a.txt", "id:nobody", "id:nobody/a.txt"):
        assert reason(studio.files_upload, b"x", path) == "no_write_permission"


def test_a_deep_path_is_no_trouble(studio):
    deep = "/d" * 1000 + "/file.txt"
    assert studio.files_upload(b"x", deep).path_display == deep
    assert len(studio.files_list_folder("/d/d", recursive=True, limit=2000).entries) == 1000
