"""list_folder and its cursors: a client that follows them always ends with the tree that is there."""

import random

import pytest
from dropbox import files
from dropbox.exceptions import ApiError, BadInputError

from tests.sandbox.conftest import STUDIO


class Mirror:
    """A client that does what Dropbox's documentation tells clients to do with entries."""

    def __init__(self) -> None:
        self.paths: dict[str, str] = {}

    def apply(self, entries) -> None:
        for entry in entries:
            path = entry.path_lower
            folder = isinstance(entry, files.FolderMetadata)
            if not (folder and self.paths.get(path) == "folder"):
                inside = [known for known in self.paths if known == path or known.startswith(path + "/")]
                for known in inside:
                    del self.paths[known]
            if not isinstance(entry, files.DeletedMetadata):
                self.paths[path] = "folder" if folder else entry.rev


def everything(client, first) -> tuple[list[files.Metadata], str]:
    entries, page = list(first.entries), first
    while page.has_more:
        page = client.files_list_folder_continue(page.cursor)
        entries += page.entries
    return entries, page.cursor


def test_a_folder_lists_its_own_children_only(studio):
    for path in ("/a/1.txt", "/a/b/2.txt", "/A b/3.txt"):
        studio.files_upload(b"x", path)
    assert [entry.name for entry in studio.files_list_folder("/a").entries] == ["1.txt", "b"]
    assert [entry.path_display for entry in studio.files_list_folder("").entries] == ["/a", "/A b"]
    below = [entry.path_display for entry in studio.files_list_folder("/A", recursive=True).entries]
    assert below == ["/a", "/a/1.txt", "/a/b", "/a/b/2.txt"]


def test_a_fresh_app_folder_is_empty_and_nowhere_is_not_found(studio):
    assert studio.files_list_folder("").entries == []
    for path, tag in (("/nowhere", "not_found"), ("/bad/", "malformed_path")):
        with pytest.raises(ApiError) as refused:
            studio.files_list_folder(path)
        assert refused.value.error.get_path()._tag == tag
    studio.files_upload(b"x", "/file")
    with pytest.raises(ApiError) as refused:
        studio.files_list_folder("/file")
    assert refused.value.error.get_path().is_not_folder()


def test_slashes_at_the_beginning_count_as_one_as_rclone_writes_them(studio):
    studio.files_upload(b"x", "/Gala/a.txt")
    assert [entry.name for entry in studio.files_list_folder("//Gala").entries] == ["a.txt"]
    assert studio.files_get_metadata("//Gala/a.txt").path_lower == "/gala/a.txt"
    with pytest.raises(ApiError) as refused:
        studio.files_get_metadata("/Gala//a.txt")
    assert refused.value.error.get_path().is_malformed_path()


def test_pages_together_are_the_whole_folder_and_each_entry_once(studio):
    for number in range(25):
        studio.files_upload(b"x", f"/f{number:02}")
    first = studio.files_list_folder("", limit=10)
    assert (len(first.entries), first.has_more) == (10, True)
    entries, _ = everything(studio, first)
    assert [entry.name for entry in entries] == [f"f{number:02}" for number in range(25)]


def test_a_cursor_tells_what_changed_since(studio):
    studio.files_upload(b"x", "/kept")
    studio.files_upload(b"x", "/gone")
    _, cursor = everything(studio, studio.files_list_folder("", recursive=True))
    quiet = studio.files_list_folder_continue(cursor)
    assert (quiet.entries, quiet.has_more) == ([], False)
    studio.files_upload(b"y", "/New/file")
    studio.files_delete_v2("/gone")
    changes, later = everything(studio, studio.files_list_folder_continue(quiet.cursor))
    seen = {entry.path_display: type(entry) for entry in changes}
    assert seen == {
        "/New": files.FolderMetadata,
        "/New/file": files.FileMetadata,
        "/gone": files.DeletedMetadata,
    }
    assert studio.files_list_folder_continue(later).entries == []


def test_the_latest_cursor_skips_what_is_there(studio):
    studio.files_upload(b"x", "/old")
    cursor = studio.files_list_folder_get_latest_cursor("").cursor
    studio.files_upload(b"x", "/new")
    assert [entry.name for entry in studio.files_list_folder_continue(cursor).entries] == ["new"]


def test_deleted_entries_are_listed_only_when_asked_for(studio):
    studio.files_upload(b"x", "/gone")
    studio.files_delete_v2("/gone")
    assert studio.files_list_folder("").entries == []
    (left,) = studio.files_list_folder("", include_deleted=True).entries
    assert isinstance(left, files.DeletedMetadata)


def test_cursors_belong_to_one_person_and_app_and_can_be_reset(studio, sandbox):
    cursor = studio.files_list_folder("").cursor
    with sandbox.client("agency@example.com") as agency, pytest.raises(BadInputError):
        agency.files_list_folder_continue(cursor)
    sandbox.control("POST", "cursors/reset", {"person": STUDIO})
    with pytest.raises(ApiError) as refused:
        studio.files_list_folder_continue(cursor)
    assert refused.value.error.is_reset()
    assert studio.files_list_folder("").entries == []


@pytest.mark.parametrize("seed", range(4))
def test_a_client_that_follows_cursors_ends_with_the_tree(studio, seed):
    dice = random.Random(seed)
    names = ["a", "b", "A", "c d", "é"]
    mirror = Mirror()
    page = studio.files_list_folder("", recursive=True, limit=3)
    mirror.apply(page.entries)
    for _ in range(60):
        path = "".join("/" + dice.choice(names) for _ in range(dice.randint(1, 3)))
        try:
            if dice.random() < 0.35:
                studio.files_delete_v2(path)
            elif dice.random() < 0.3:
                studio.files_create_folder_v2(path)
            else:
                studio.files_upload(dice.randbytes(4), path, mode=files.WriteMode.overwrite)
        except ApiError:
            continue
        if dice.random() < 0.4:
            page = studio.files_list_folder_continue(page.cursor)
            mirror.apply(page.entries)
    while True:
        page = studio.files_list_folder_continue(page.cursor)
        mirror.apply(page.entries)
        if not page.has_more:
            break
    fresh = Mirror()
    entries, _ = everything(studio, studio.files_list_folder("", recursive=True))
    fresh.apply(entries)
    assert mirror.paths == fresh.paths
