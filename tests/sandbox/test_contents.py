"""Reading files: downloads with ranges, revisions, temporary links."""

import io
import json
import zipfile

import pytest
import requests
from dropbox.exceptions import ApiError
from dropbox.files import WriteMode

from sandbox import zipping
from sandbox.tree import Node
from tests.sandbox.conftest import STUDIO
from tests.sandbox.test_faults import wait_until

DATA = bytes(range(256)) * 8


@pytest.fixture
def fetch(sandbox, studio):
    """GET or POST files/download of one file, raw."""
    studio.files_upload(DATA, "/é.bin")
    token = sandbox.link(STUDIO)["access_token"]

    def get(method="GET", **headers):
        sent = {"Authorization": f"Bearer {token}", "Dropbox-API-Arg": '{"path": "/\\u00e9.bin"}', **headers}
        return requests.request(method, f"{sandbox.url}/2/files/download", headers=sent, timeout=10)

    return get


def test_a_download_has_the_bytes_and_an_ascii_result_header(fetch):
    for method in ("GET", "POST"):
        answer = fetch(method)
        assert answer.content == DATA
        assert answer.headers["content-type"] == "application/octet-stream"
        result = answer.headers["dropbox-api-result"]
        assert result.isascii()
        assert json.loads(result)["name"] == "é.bin"


def test_the_argument_of_a_download_may_stand_in_the_address(sandbox, studio):
    studio.files_upload(DATA, "/a")
    query = {"arg": '{"path": "/a"}', "authorization": "Bearer " + sandbox.link(STUDIO)["access_token"]}
    assert requests.get(f"{sandbox.url}/2/files/download", params=query, timeout=10).content == DATA


@pytest.mark.parametrize(
    ("asked", "part", "shown"),
    [
        ("bytes=0-9", DATA[:10], "bytes 0-9/2048"),
        ("bytes=2040-", DATA[2040:], "bytes 2040-2047/2048"),
        ("bytes=2040-9999", DATA[2040:], "bytes 2040-2047/2048"),
        ("bytes=-5", DATA[-5:], "bytes 2043-2047/2048"),
    ],
)
def test_a_range_gives_that_part(fetch, asked, part, shown):
    answer = fetch(Range=asked)
    assert (answer.status_code, answer.content) == (206, part)
    assert answer.headers["content-range"] == shown


def test_a_range_beyond_the_end_is_refused_and_nonsense_ignored(fetch):
    beyond = fetch(Range="bytes=2048-")
    assert (beyond.status_code, beyond.headers["content-range"]) == (416, "bytes */2048")
    assert fetch(Range="bytes=-0").status_code == 416
    assert fetch(Range="pages=1-2").status_code == 200


def test_an_old_revision_can_still_be_read(studio):
    first = studio.files_upload(b"one", "/a")
    studio.files_upload(b"two", "/a", mode=WriteMode.overwrite)
    assert studio.files_download(f"rev:{first.rev}")[1].content == b"one"
    assert studio.files_download("/a", rev=first.rev)[1].content == b"one"
    assert studio.files_download("/a")[1].content == b"two"


def test_a_folder_cannot_be_downloaded(studio):
    studio.files_create_folder_v2("/folder")
    with pytest.raises(ApiError) as refused:
        studio.files_download("/folder")
    assert refused.value.error.get_path().is_not_file()


def test_a_temporary_link_works_four_hours_for_anybody(studio, sandbox):
    studio.files_upload(DATA, "/Gala/été 1.jpg")
    link = studio.files_get_temporary_link("/gala/été 1.jpg").link
    answer = requests.get(link, timeout=10)
    assert (answer.status_code, answer.content, answer.headers["content-type"]) == (200, DATA, "image/jpeg")
    assert requests.get(link, headers={"Range": "bytes=1-2"}, timeout=10).content == DATA[1:3]
    sandbox.move_clock(4 * 3600 + 1)
    assert requests.get(link, timeout=10).status_code == 410
    assert requests.get(f"{sandbox.url}/dl/made-up/x.jpg", timeout=10).status_code == 404


def test_a_temporary_link_never_runs_what_was_uploaded(studio):
    studio.files_upload(b"<script>alert(1)</script>", "/page.html")
    answer = requests.get(studio.files_get_temporary_link("/page.html").link, timeout=10)
    assert answer.headers["content-type"] == "application/octet-stream"
    assert "attachment" in answer.headers["content-disposition"]
    assert "sandbox" in answer.headers["content-security-policy"]


def test_people_without_a_verified_address_get_no_temporary_link(sandbox):
    with sandbox.client("unverified@example.com") as client:
        client.files_upload(b"x", "/a")
        with pytest.raises(ApiError) as refused:
            client.files_get_temporary_link("/a")
    assert refused.value.error.is_email_not_verified()


def test_a_folder_comes_as_a_zip_file(studio):
    for path, data in {"/Gala/é 1.txt": b"one", "/Gala/Sub/2.txt": b"two" * 1000, "/Gala/empty": b""}.items():
        studio.files_upload(data, path)
    studio.files_create_folder_v2("/Gala/nothing in it")
    told, answer = studio.files_download_zip("/gala")
    assert (told.metadata.name, answer.headers["content-type"]) == ("Gala", "application/zip")
    with zipfile.ZipFile(io.BytesIO(answer.content)) as packed:
        assert packed.testzip() is None
        names = ["Gala/", "Gala/empty", "Gala/nothing in it/", "Gala/Sub/", "Gala/Sub/2.txt", "Gala/é 1.txt"]
        assert packed.namelist() == names
        assert packed.read("Gala/Sub/2.txt") == b"two" * 1000


def test_what_cannot_be_zipped(studio):
    studio.files_upload(b"x", "/a")
    for path, tag in (("/a", "not_folder"), ("/nowhere", "not_found")):
        with pytest.raises(ApiError) as refused:
            studio.files_download_zip(path)
        assert refused.value.error.get_path()._tag == tag


@pytest.mark.parametrize(
    ("sizes", "tag"), [([4 * 10**9], "too_large"), ([3 * 10**9] * 7, "too_large"), ([1] * 9_999, "too_many_files")]
)
def test_what_is_too_much_for_a_zip_file(sizes, tag):
    files = [Node("a", "/x", "", "x", "/x", "file", False, 1, "id:x", "1", size, None, 0, 0) for size in sizes]
    with pytest.raises(zipping.CannotBeZipped, match=tag):
        zipping.check(files)
    zipping.check(files[1:] if tag == "too_many_files" else [])


def test_zipping_leaves_nothing_behind(studio, sandbox):
    studio.files_upload(b"x" * 1_000_000, "/folder/a")
    _, answer = studio.files_download_zip("/folder")
    assert len(answer.content) > 1_000_000
    wait_until(lambda: not list((sandbox.directory / "spool").iterdir()))
