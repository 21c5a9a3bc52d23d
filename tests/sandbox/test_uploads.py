"""files/upload and get_metadata through the official SDK."""

from datetime import UTC, datetime

import pytest
from dropbox import files
from dropbox.content_hash import DropboxContentHasher
from dropbox.exceptions import ApiError

from tests.sandbox.conftest import STUDIO


def hash_of(data: bytes) -> str:
    hasher = DropboxContentHasher()
    hasher.update(data)
    return str(hasher.hexdigest())


def conflict_of(error: ApiError) -> files.WriteConflictError:
    return error.error.get_path().reason.get_conflict()


def test_an_uploaded_file_is_there_with_its_hash_and_times(studio, sandbox):
    taken = datetime(2026, 2, 11, 19, 24, 3)
    data = b"picture" * 1000
    made = studio.files_upload(data, "/Gala/Booth/result.jpg", client_modified=taken, mute=True)
    assert made.content_hash == hash_of(data)
    assert made.client_modified == taken
    assert made.server_modified <= datetime.now(UTC).replace(tzinfo=None)
    assert studio.files_get_metadata("/gala/BOOTH/Result.jpg") == made
    assert sandbox.files(STUDIO)["/Apps/Clementine/Gala/Booth/result.jpg"]["size"] == len(data)


def test_paths_of_an_app_folder_app_start_at_its_folder(studio, whole):
    studio.files_upload(b"1", "/a.txt")
    assert whole.files_get_metadata("/apps/clementine/a.txt").path_display == "/Apps/Clementine/a.txt"
    whole.files_upload(b"2", "/outside.txt")
    with pytest.raises(ApiError) as refused:
        studio.files_get_metadata("/outside.txt")
    assert refused.value.error.get_path().is_not_found()


def test_add_refuses_other_content_and_leaves_the_file_alone(studio, sandbox):
    first = studio.files_upload(b"one", "/a.txt")
    with pytest.raises(ApiError) as refused:
        studio.files_upload(b"two", "/A.TXT")
    assert conflict_of(refused.value).is_file()
    assert studio.files_get_metadata("/a.txt") == first
