"""A folder that an earlier sandbox left is taken over as it is, and what ran when it ended is told of truthfully."""

import sqlite3

import pytest
from dropbox import files

from sandbox.database import Database, OtherVersion
from sandbox.schema import VERSION
from tests.sandbox.conftest import STUDIO
from tests.sandbox.test_batches import endings, finished
from tests.sandbox.test_upload_sessions import error_of
from tests.sandbox_server import SandboxServer


@pytest.fixture
def own(tmp_path):
    with SandboxServer(tmp_path / "sandbox") as server:
        yield server


def make_older(path) -> None:
    """Take everything away that the first version of the sandbox did not have."""
    connection = sqlite3.connect(path)
    connection.executescript(
        "ALTER TABLE nodes DROP COLUMN removed; DROP TABLE jobs; DROP TABLE webhooks; DROP INDEX revisions_of_file;"
        "DROP TABLE complaints; PRAGMA user_version = 1;"
    )
    connection.close()


def test_the_files_of_the_first_version_are_there_in_this_one(own):
    token = own.link(STUDIO)["access_token"]
    with own.sdk(token) as client:
        made = client.files_upload(b"kept", "/a.txt")
    own.stop()
    make_older(own.directory / "sandbox.sqlite3")
    own.start()
    with own.sdk(token) as client:
        moved = client.files_move_v2("/a.txt", "/b.txt").metadata
        assert moved.id == made.id
        assert client.files_list_revisions("/a.txt").is_deleted
        assert endings(client.files_create_folder_batch(["/c"]).get_complete()) == ["ok"]
    assert own.control("GET", "webhooks") == []


def test_a_later_version_is_left_alone(tmp_path):
    path = tmp_path / "sandbox.sqlite3"
    Database(path).close()
    connection = sqlite3.connect(path)
    connection.execute(f"PRAGMA user_version = {VERSION + 1}")
    connection.close()
    with pytest.raises(OtherVersion):
        Database(path)


def test_a_job_that_was_running_when_the_process_died_is_told_of_as_lost(own):
    token = own.link(STUDIO)["access_token"]
    with own.sdk(token) as client:
        client.files_upload(b"x", "/a")
        done = client.files_delete_batch([files.DeleteArg("/nowhere")]).get_async_job_id()
        finished(client.files_delete_batch_check, done)
        own.behave(job_delay=60_000)
        lost = client.files_delete_batch([files.DeleteArg("/a")]).get_async_job_id()
        assert client.files_delete_batch_check(lost).is_in_progress()
    own.kill()
    own.start()
    with own.sdk(token) as client:
        assert error_of(client.files_delete_batch_check, lost).is_internal_error()
        assert endings(client.files_delete_batch_check(done).get_complete()) == ["path_lookup/not_found"]
        assert client.files_get_metadata("/a").name == "a"
