"""list_revisions and restore: earlier states of a file, at its path and across moves."""

import pytest
from dropbox import files
from dropbox.exceptions import ApiError

from tests.sandbox.conftest import STUDIO
from tests.sandbox.test_relocation import tags_of

OVERWRITE = files.WriteMode.overwrite
BY_ID = files.ListRevisionsMode.id


def refusal(call, *given, **more) -> str:
    with pytest.raises(ApiError) as refused:
        call(*given, **more)
    return tags_of(refused.value.error)


def versions(client, path: str, *contents: bytes) -> list[files.FileMetadata]:
    """A file with these contents, one revision after the other."""
    return [client.files_upload(content, path, mode=OVERWRITE) for content in contents]


def test_revisions_are_listed_newest_first_and_page_by_page(studio):
    made = versions(studio, "/a.txt", *(str(number).encode() for number in range(5)))
    first = studio.files_list_revisions("/A.txt", limit=2)
    assert (first.entries, first.has_more, first.is_deleted) == (made[:2:-1], True, False)
    rest = studio.files_list_revisions("/a.txt", before_rev=first.entries[-1].rev)
    assert (rest.entries, rest.has_more, rest.server_deleted) == (made[2::-1], False, None)
    assert studio.files_list_revisions("/a.txt", before_rev=made[0].rev).entries == []


def test_ten_revisions_are_listed_unless_told_otherwise(studio):
    versions(studio, "/a", *(str(number).encode() for number in range(12)))
    assert len(studio.files_list_revisions("/a").entries) == 10
    assert len(studio.files_list_revisions("/a", limit=100).entries) == 12


def test_a_deleted_file_says_when_it_went_and_what_it_held(studio, sandbox):
    (made,) = versions(studio, "/a", b"x")
    sandbox.move_clock(3600)
    with sandbox.client(STUDIO) as client:
        client.files_delete_v2("/a")
        found = client.files_list_revisions("/a", include_restorable_info=True)
    assert found.is_deleted
    assert 3600 <= (found.server_deleted - made.server_modified).total_seconds() < 3700
    assert [(entry.rev, entry.is_restorable) for entry in found.entries] == [(made.rev, True)]


def test_a_path_tells_of_every_file_that_was_there_and_an_id_of_one_file_everywhere(studio):
    first = studio.files_upload(b"1", "/a")
    moved = studio.files_move_v2("/a", "/Sub/B").metadata
    second = studio.files_upload(b"2", "/a")
    here = studio.files_list_revisions("/a")
    assert [(entry.rev, entry.id) for entry in here.entries] == [(second.rev, second.id), (first.rev, first.id)]
    assert not here.is_deleted
    assert studio.files_list_revisions("/a", before_rev=second.rev).is_deleted
    followed = studio.files_list_revisions("/sub/b", mode=BY_ID)
    assert [(entry.rev, entry.path_display) for entry in followed.entries] == [(moved.rev, "/Sub/B"), (first.rev, "/a")]
    assert studio.files_list_revisions(first.id, mode=BY_ID).entries == followed.entries
    assert studio.files_list_revisions(first.id).entries == [moved]


def test_a_path_that_a_file_moved_away_from_counts_as_deleted(studio):
    studio.files_upload(b"1", "/a")
    studio.files_move_v2("/a", "/b")
    assert studio.files_list_revisions("/a").is_deleted
    assert not studio.files_list_revisions("/b").is_deleted


def test_where_there_are_no_revisions(studio):
    studio.files_create_folder_v2("/folder")
    (made,) = versions(studio, "/a", b"x")
    listing = studio.files_list_revisions
    assert refusal(listing, "/nowhere") == "path/not_found"
    assert refusal(listing, "id:nobody") == "path/not_found"
    assert refusal(listing, "/folder") == "path/not_file"
    assert refusal(listing, "/bad/") == "path/malformed_path"
    assert refusal(listing, "/a", before_rev="123456789") == "invalid_before_rev"
    assert refusal(listing, "/a", mode=BY_ID, before_rev=made.rev) == "before_rev_not_supported"


def test_a_deleted_file_is_restored_with_its_id_as_a_new_revision(studio, sandbox):
    made = studio.files_upload(b"precious", "/Gala/a.txt")
    rev = studio.files_delete_v2("/gala").metadata
    assert rev.path_lower == "/gala"
    back = studio.files_restore("/Gala/a.txt", made.rev)
    assert (back.id, back.content_hash, back.client_modified) == (made.id, made.content_hash, made.client_modified)
    assert back.rev != made.rev
    assert studio.files_download("/Gala/a.txt")[1].content == b"precious"
    assert sandbox.files(STUDIO)["/Apps/Clementine/Gala/a.txt"]["revisions"] == 2


def test_an_older_revision_is_restored_over_the_newer_one_or_beside_it(studio):
    first, second = versions(studio, "/a", b"one", b"two")
    assert studio.files_restore("/b", first.rev).id != first.id
    back = studio.files_restore("/A", first.rev)
    assert (back.id, back.name) == (second.id, "a")
    assert studio.files_download("/a")[1].content == b"one"
    assert studio.files_restore("/a", first.rev) == back
    assert len(studio.files_list_revisions("/a").entries) == 3


def test_what_cannot_be_restored(studio, sandbox):
    first, _ = versions(studio, "/a", b"x" * 100, b"y")
    studio.files_create_folder_v2("/folder")
    restore = studio.files_restore
    assert refusal(restore, "/a", "123456789") == "invalid_revision"
    assert refusal(restore, "/folder", first.rev) == "path_write/conflict/folder"
    assert refusal(restore, "/bad/", first.rev) == "path_lookup/malformed_path"
    with sandbox.client("agency@example.com") as agency:
        assert refusal(agency.files_restore, "/a", first.rev) == "invalid_revision"
    sandbox.set_quota(STUDIO, 50)
    assert refusal(restore, "/a", first.rev) == "path_write/insufficient_space"


def test_an_app_sees_no_revisions_from_outside_its_folder(studio, whole):
    outside = whole.files_upload(b"secret", "/outside")
    whole.files_move_v2("/outside", "/Apps/Clementine/inside")
    listed = studio.files_list_revisions("/inside", mode=BY_ID).entries
    assert [entry.path_display for entry in listed] == ["/inside"]
    assert refusal(studio.files_restore, "/again", outside.rev) == "invalid_revision"


def test_a_revision_can_be_read_after_its_file_moved_or_went(studio):
    first, second = versions(studio, "/a", b"one", b"two")
    studio.files_move_v2("/a", "/b")
    studio.files_delete_v2("/b")
    for made, content in ((first, b"one"), (second, b"two")):
        told, answer = studio.files_download(f"rev:{made.rev}")
        assert (answer.content, told.path_display) == (content, "/a")
