"""Moving and copying: subtrees, ids, revisions, conflicts, space; and what a follower of cursors hears of it."""

import pytest
from dropbox import files
from dropbox.exceptions import ApiError

from tests.sandbox.conftest import STUDIO

OVERWRITE = files.WriteMode.overwrite


def refusal(call, *given, **more) -> str:
    """The tags of the RelocationError that a call raises, outermost first."""
    with pytest.raises(ApiError) as refused:
        call(*given, **more)
    return tags_of(refused.value.error)


def tags_of(error) -> str:
    """The tags of an SDK union, as a path; the struct of a failed upload is passed through."""
    inner = getattr(error._value, "reason", error._value)
    return str(error._tag) + (f"/{tags_of(inner)}" if hasattr(inner, "_tag") else "")


def paths(client, folder: str = "") -> list[str]:
    return [entry.path_display for entry in client.files_list_folder(folder, recursive=True).entries]


def test_a_moved_file_keeps_its_id_and_dates_and_gets_a_new_revision(studio):
    made = studio.files_upload(b"x", "/a.txt")
    moved = studio.files_move_v2("/A.TXT", "/New/Place/b.txt").metadata
    assert (moved.id, moved.client_modified, moved.content_hash) == (made.id, made.client_modified, made.content_hash)
    assert moved.rev != made.rev
    assert paths(studio) == ["/New", "/New/Place", "/New/Place/b.txt"]
    assert studio.files_get_metadata(made.id) == moved
    assert isinstance(studio.files_get_metadata("/a.txt", include_deleted=True), files.DeletedMetadata)


def test_a_moved_folder_takes_everything_with_it_and_nothing_beside_it(studio):
    ids = {path: studio.files_upload(path.encode(), path).id for path in ("/a/1", "/a/B/2", "/a b/3", "/ab")}
    folder = studio.files_get_metadata("/a/b").id
    moved = studio.files_move_v2("/a", "/x/Y").metadata
    assert isinstance(moved, files.FolderMetadata)
    assert paths(studio) == ["/a b", "/a b/3", "/ab", "/x", "/x/Y", "/x/Y/1", "/x/Y/B", "/x/Y/B/2"]
    assert studio.files_get_metadata("/x/y/b").id == folder
    assert studio.files_get_metadata("/x/y/b/2").id == ids["/a/B/2"]
    assert studio.files_download("/X/y/B/2")[1].content == b"/a/B/2"


def test_a_copy_is_new_altogether_and_leaves_the_original(studio):
    first = studio.files_upload(b"x", "/a/1.txt")
    copied = studio.files_copy_v2("/a", "/b").metadata
    assert copied.id != studio.files_get_metadata("/a").id
    second = studio.files_get_metadata("/b/1.txt")
    assert second.id != first.id
    assert second.client_modified == first.client_modified
    studio.files_upload(b"y", "/b/1.txt", mode=OVERWRITE)
    assert studio.files_download("/a/1.txt")[1].content == b"x"


@pytest.mark.parametrize("name", ["files_move_v2", "files_copy_v2"])
def test_what_is_in_the_way_is_a_conflict_even_with_the_same_content(studio, name):
    call = getattr(studio, name)
    studio.files_upload(b"x", "/a")
    studio.files_upload(b"x", "/B.txt")
    studio.files_create_folder_v2("/c")
    assert refusal(call, "/a", "/b.TXT") == "to/conflict/file"
    assert refusal(call, "/a", "/c") == "to/conflict/folder"
    assert refusal(call, "/a", "/b.txt/inside") == "to/conflict/file_ancestor"
    assert call("/a", "/b.txt", autorename=True).metadata.name == "b (1).txt"
    assert paths(studio) == (["/a"] if name == "files_copy_v2" else []) + ["/b (1).txt", "/B.txt", "/c"]


def test_a_change_of_case_alone_is_refused(studio):
    studio.files_upload(b"x", "/a")
    studio.files_create_folder_v2("/folder")
    assert refusal(studio.files_move_v2, "/a", "/A") == "to/conflict/file"
    assert refusal(studio.files_move_v2, "/folder", "/Folder") == "to/conflict/folder"


def test_a_folder_goes_into_itself_neither_by_move_nor_by_copy(studio):
    studio.files_create_folder_v2("/a/b")
    assert refusal(studio.files_move_v2, "/a", "/A/b/c") == "cant_move_folder_into_itself"
    assert refusal(studio.files_copy_v2, "/a", "/a/c") == "duplicated_or_nested_paths"
    assert refusal(studio.files_move_v2, "/a/b", "/a") == "to/conflict/folder"
    assert studio.files_copy_v2("/a", "/a b").metadata.name == "a b"


def test_where_nothing_is_and_where_nothing_may_be(studio):
    studio.files_upload(b"x", "/a")
    for call in (studio.files_move_v2, studio.files_copy_v2):
        assert refusal(call, "/nowhere", "/b") == "from_lookup/not_found"
        assert refusal(call, "/", "/b") == "from_lookup/malformed_path"
        assert refusal(call, "/a", "/b/") == "to/malformed_path"
        assert refusal(call, "/a", "/") == "to/malformed_path"
        assert refusal(call, "/a", "/.DS_Store") == "to/disallowed_name"
        assert refusal(call, "/a", "ns:1/b") == "to/no_write_permission"
    assert paths(studio) == ["/a"]


def test_a_copy_needs_space_and_a_move_needs_none(studio, sandbox):
    studio.files_upload(b"x" * 600, "/a/1")
    sandbox.set_quota(STUDIO, 1000)
    assert refusal(studio.files_copy_v2, "/a", "/b") == "insufficient_quota"
    assert paths(studio) == ["/a", "/a/1"]
    studio.files_move_v2("/a", "/b")
    sandbox.set_quota(STUDIO, 1200)
    studio.files_copy_v2("/b", "/c")
    assert studio.users_get_space_usage().used == 1200
    studio.files_delete_v2("/c")
    assert studio.users_get_space_usage().used == 600


def test_a_folder_with_too_much_in_it_is_moved_copied_and_deleted_by_parts_only(studio, sandbox):
    for number in range(5):
        studio.files_upload(b"x", f"/big/{number}")
    sandbox.behave(most_nodes=5)
    assert refusal(studio.files_move_v2, "/big", "/b") == "too_many_files"
    assert refusal(studio.files_copy_v2, "/big", "/b") == "too_many_files"
    assert refusal(studio.files_delete_v2, "/big") == "too_many_files"
    studio.files_delete_v2("/big/0")
    assert studio.files_move_v2("/big", "/b").metadata.name == "b"


def test_a_cursor_tells_of_a_move_as_a_deletion_and_an_arrival(studio):
    studio.files_upload(b"x", "/a/1")
    cursor = studio.files_list_folder("", recursive=True).cursor
    studio.files_move_v2("/a", "/b")
    told = [(type(entry).__name__, entry.path_display) for entry in studio.files_list_folder_continue(cursor).entries]
    assert told == [
        ("DeletedMetadata", "/a"),
        ("DeletedMetadata", "/a/1"),
        ("FolderMetadata", "/b"),
        ("FileMetadata", "/b/1"),
    ]


def test_moving_there_and_back_is_an_exact_undo(studio):
    made = studio.files_upload(b"x", "/Gala/1.jpg")
    studio.files_move_v2("/Gala/1.jpg", "/Gala/_Rejected/1.jpg")
    back = studio.files_move_v2("/gala/_rejected/1.jpg", "/Gala/1.jpg").metadata
    assert (back.id, back.path_display, back.content_hash) == (made.id, made.path_display, made.content_hash)


@pytest.mark.filterwarnings("ignore:.* is deprecated:DeprecationWarning")
def test_the_first_versions_answer_plainly(studio):
    assert studio.files_create_folder("/f").name == "f"
    studio.files_upload(b"x", "/f/a")
    assert studio.files_copy("/f/a", "/b").path_display == "/b"
    assert studio.files_move("/b", "/c").path_display == "/c"
    assert studio.files_delete("/c").path_display == "/c"
    assert paths(studio) == ["/f", "/f/a"]
