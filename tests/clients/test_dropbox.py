"""Files in Dropbox through the official SDK against the sandbox: what is sent, what is found, what is cut."""

import io
import threading
import time

import pytest

from clients.dropbox import Dropbox, Source
from clients.dropbox_line import Line
from clients.stop_gate import Stopped
from rules.failures import FailureKind
from tests.cast import STUDIO
from tests.clients.sending import DATA, PATH, TAKEN_AT, WHOLE_PATH, hash_of, refused, source, upload
from tests.conftest import APP_KEY
from tests.sandbox_server import SandboxServer


def test_a_file_is_sent_with_its_hash_to_its_path(studio: Dropbox, sandbox: SandboxServer):
    made = upload(studio)
    assert (made.path_display, made.size, made.content_hash) == (PATH, len(DATA), hash_of(DATA))
    there = sandbox.files(STUDIO)[WHOLE_PATH]
    assert (there["id"], there["rev"], there["content_hash"]) == (made.id, made.rev, made.content_hash)


def test_any_letter_may_stand_in_a_path(studio: Dropbox, sandbox: SandboxServer):
    path = '/été 🎉/Ж—"quoted".jpg'
    assert upload(studio, path).path_display == path
    assert f"/Apps/Clementine{path}" in sandbox.files(STUDIO)


def test_the_time_in_dropbox_is_that_of_the_picture(studio: Dropbox, sandbox: SandboxServer):
    upload(studio)
    with sandbox.client(STUDIO, key=APP_KEY) as client:
        assert client.files_get_metadata(PATH).client_modified.isoformat() == "2026-02-11T19:24:03"


def test_fr_009_a_file_of_ours_is_overwritten_at_its_path(studio: Dropbox, sandbox: SandboxServer):
    first, second = upload(studio), upload(studio, data=b"another")
    assert (first.id, list(sandbox.files(STUDIO))) == (second.id, [WHOLE_PATH])
    assert sandbox.files(STUDIO)[WHOLE_PATH]["content_hash"] == hash_of(b"another")


@pytest.mark.complaints("unchanged")
def test_the_same_bytes_again_make_no_second_revision(studio: Dropbox, sandbox: SandboxServer):
    assert upload(studio).rev == upload(studio).rev
    assert sandbox.files(STUDIO)[WHOLE_PATH]["revisions"] == 1


def test_a_look_finds_files_folders_and_nothing(studio: Dropbox):
    assert studio.stat(PATH, line=Line()) is None
    made = upload(studio)
    assert studio.stat(PATH.upper(), line=Line()) == made
    folder = studio.stat("/Gala", line=Line())
    assert folder is not None and folder.is_folder
    assert studio.stat(folder.id, line=Line()) == folder


def test_a_source_that_is_gone_is_said_so_and_nothing_lands(studio: Dropbox, sandbox: SandboxServer):
    def gone(start: int, length: int) -> io.BytesIO:
        raise FileNotFoundError("/data/media/00/secret")

    failure = refused(
        lambda: studio.upload(Source(gone, len(DATA), hash_of(DATA)), PATH, taken_at=TAKEN_AT, line=Line())
    )
    assert (failure.kind, sandbox.files(STUDIO)) == (FailureKind.SOURCE_MISSING, {})
    assert "/data" not in failure.detail


def test_a_source_with_other_bytes_than_recorded_never_lands(studio: Dropbox, sandbox: SandboxServer):
    changed = Source(lambda start, length: io.BytesIO(b"x" * length), len(DATA), hash_of(DATA))
    failure = refused(lambda: studio.upload(changed, PATH, taken_at=TAKEN_AT, line=Line()))
    assert failure.kind is FailureKind.SOURCE_MISSING
    assert sandbox.files(STUDIO) == {}


def test_a_hanging_upload_that_is_cut_is_stopped_and_no_failure(studio: Dropbox, sandbox: SandboxServer):
    upload(studio)
    sandbox.fault("hang", route="files/upload")
    line, began = Line(), time.monotonic()
    threading.Timer(0.2, line.cut).start()
    with pytest.raises(Stopped):
        studio.upload(source(DATA), PATH, taken_at=TAKEN_AT, line=line)
    assert time.monotonic() - began < 1


def test_a_call_that_takes_too_long_is_unavailable(studio: Dropbox, sandbox: SandboxServer):
    upload(studio)
    sandbox.fault("hang", route="files/upload")
    line = Line()
    threading.Timer(0.2, line.expire).start()
    failure = refused(lambda: studio.upload(source(DATA), PATH, taken_at=TAKEN_AT, line=line))
    assert (failure.kind, failure.outcome_known) == (FailureKind.UNAVAILABLE, False)


def test_a_line_that_was_cut_makes_no_further_call(studio: Dropbox, sandbox: SandboxServer):
    upload(studio)
    sandbox.clear_history()
    line = Line()
    line.cut()
    with pytest.raises(Stopped):
        studio.upload(source(DATA), PATH, taken_at=TAKEN_AT, line=line)
    assert sandbox.history() == []
