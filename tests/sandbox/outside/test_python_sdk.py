"""The official Python SDK, unmodified, in a process of its own with Dropbox's own hosts: proxy and TLS, no patches."""

import json
import subprocess
import sys
from typing import Any

import pytest

from sandbox.apps import DEFAULT_APP_KEY, DEFAULT_APP_SECRET
from tests.sandbox_server import REDIRECT_URI, SandboxServer

STUDIO = "studio@example.com"

# What an integration does on a good day. Reads credentials on standard input, prints what it saw.
PROGRAM = """
import io, json, sys
import dropbox
from dropbox import files
from dropbox.content_hash import DropboxContentHasher

given = json.load(sys.stdin)
seen = {}
client = dropbox.Dropbox(oauth2_refresh_token=given["refresh_token"], app_key=given["key"], app_secret=given["secret"])
with client:
    seen["account"] = client.users_get_current_account().email
    content = bytes(range(256)) * 40_000
    hasher = DropboxContentHasher()
    hasher.update(content)
    whole = client.files_upload(content, "/py/ein schöner Tag ☀️.bin")
    seen["hash"] = whole.content_hash == hasher.hexdigest()
    batch = []
    for number in range(3):
        part = content[: 1000 * (number + 1)]
        session = client.files_upload_session_start(part, close=True).session_id
        cursor = files.UploadSessionCursor(session, len(part))
        batch.append(files.UploadSessionFinishArg(cursor, files.CommitInfo(f"/py/{number}.bin")))
    done = client.files_upload_session_finish_batch_v2(batch).entries
    seen["batch"] = [entry.get_success().size for entry in done]
    page = client.files_list_folder("/py", limit=2)
    names = [entry.name for entry in page.entries]
    while page.has_more:
        page = client.files_list_folder_continue(page.cursor)
        names += [entry.name for entry in page.entries]
    seen["names"] = sorted(names)
    client.files_move_v2("/py/0.bin", "/py/moved.bin")
    client.files_delete_v2("/py/1.bin")
    changes, more = [], True
    while more:
        page = client.files_list_folder_continue(page.cursor)
        changes, more = changes + page.entries, page.has_more
    seen["changes"] = sorted((type(entry).__name__, entry.name) for entry in changes)
    metadata, answer = client.files_download("/PY/MOVED.bin")
    seen["downloaded"] = answer.content == content[:1000]
    try:
        client.files_upload(b"other", "/py/moved.bin")
    except dropbox.exceptions.ApiError as refused:
        seen["conflict"] = refused.error.get_path().reason.get_conflict().is_file()
    seen["used"] = client.users_get_space_usage().used
flow = dropbox.DropboxOAuth2Flow(
    given["key"], given["redirect_uri"], {}, "csrf", given["secret"], token_access_type="offline", use_pkce=False
)
seen["authorize"] = flow.start()
print(json.dumps(seen))
"""


@pytest.fixture
def seen(house: SandboxServer, environment: dict[str, str]) -> Any:
    """What the program saw."""
    given = {
        "refresh_token": house.link(STUDIO)["refresh_token"],
        "key": DEFAULT_APP_KEY,
        "secret": DEFAULT_APP_SECRET,
        "redirect_uri": REDIRECT_URI,
    }
    ended = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        input=json.dumps(given),
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert ended.returncode == 0, ended.stderr
    return json.loads(ended.stdout)


def test_a_good_day_goes_well_through_the_proxy(house, seen):
    assert seen["account"] == STUDIO
    assert seen["hash"] and seen["downloaded"] and seen["conflict"]
    assert seen["batch"] == [1000, 2000, 3000]
    assert seen["names"] == ["0.bin", "1.bin", "2.bin", "ein schöner Tag ☀️.bin"]
    assert seen["changes"] == [
        ["DeletedMetadata", "0.bin"],
        ["DeletedMetadata", "1.bin"],
        ["FileMetadata", "moved.bin"],
    ]
    assert seen["used"] == 256 * 40_000 + 1000 + 3000
    assert house.complaints() == []


def test_its_authorize_address_is_dropboxs_own_and_is_understood(house, seen):
    assert seen["authorize"].startswith("https://www.dropbox.com/oauth2/authorize?")
    assert "code=" in house.decide(seen["authorize"], STUDIO)
