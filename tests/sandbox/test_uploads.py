"""files/upload and get_metadata through the official SDK."""

from datetime import UTC, datetime

import pytest
import requests
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


@pytest.mark.parametrize(
    "taken", [datetime(1, 1, 1), datetime(1969, 7, 20, 20, 17), datetime(9999, 12, 31, 23, 59, 59)]
)
def test_any_moment_may_be_when_a_file_was_made(sandbox, studio, taken):
    token = sandbox.link(STUDIO)["access_token"]
    argument = f'{{"path": "/a", "client_modified": "{taken.isoformat()}Z"}}'
    headers = {"Authorization": f"Bearer {token}", "Dropbox-API-Arg": argument}
    headers["Content-Type"] = "application/octet-stream"
    made = requests.post(f"{sandbox.url}/2/files/upload", data=b"x", headers=headers, timeout=10).json()
    assert made["client_modified"] == f"{taken.isoformat()}Z"
    assert studio.files_get_metadata("/a").client_modified == taken
