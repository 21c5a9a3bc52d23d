"""The sandbox as a process: what outlives kill -9, how it ends, and what stops it from starting."""

import os
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import time

import pytest
import requests

from sandbox.apps import DEFAULT_APP_KEY
from tests.sandbox.conftest import STUDIO
from tests.sandbox.test_upload_sessions import commit, cursor, start
from tests.sandbox_server import REPOSITORY, SandboxServer

COMMAND = [sys.executable, "-m", "sandbox", "--port", "0", "--dir"]


@pytest.fixture
def own(tmp_path):
    with SandboxServer(tmp_path / "sandbox") as server:
        yield server


def test_everything_outlives_kill_9(own):
    linked = own.link(STUDIO)
    with own.sdk(linked["access_token"]) as client:
        made = client.files_upload(b"kept", "/a.txt")
        session = start(client, b"half")
        page = client.files_list_folder("")
    own.move_clock(60)
    own.control("POST", "quota", {"person": STUDIO, "allocation": 5000})
    before = own.control("GET", "clock")["offset"]
    assert own.kill() == -signal.SIGKILL
    own.start()
    with own.sdk(linked["access_token"]) as client:
        assert client.files_get_metadata("/a.txt") == made
        assert client.files_download("/a.txt")[1].content == b"kept"
        assert client.files_upload_session_finish(b"!", cursor(session, 4), commit("/b.txt")).size == 5
        assert client.files_list_folder_continue(page.cursor).entries[0].name == "b.txt"
        assert client.users_get_space_usage().allocation.get_individual().allocated == 5000
    assert own.control("GET", "clock")["offset"] == before
    refreshed = own.token(grant_type="refresh_token", refresh_token=linked["refresh_token"], client_id=DEFAULT_APP_KEY)
    assert refreshed.status_code == 200
    assert own.history("files/upload")[0]["path"] == "/a.txt"


def test_kill_9_in_the_middle_of_uploads_leaves_whole_files_only(own):
    linked = own.link(STUDIO)
    sent = bytes(1024) * 200
    done: list[str] = []

    def push(worker: int) -> None:
        with own.sdk(linked["access_token"]) as client:
            for number in range(500):
                try:
                    done.append(
                        client.files_upload(sent + b"%d-%d" % (worker, number), f"/{worker}/{number}").path_lower
                    )
                except requests.exceptions.RequestException:
                    return

    threads = [threading.Thread(target=push, args=(worker,)) for worker in range(3)]
    for thread in threads:
        thread.start()
    while len(done) < 20:
        time.sleep(0.01)
    own.kill()
    for thread in threads:
        thread.join(20)
    own.start()
    there = own.files(STUDIO)
    paths = {node["path_lower"].removeprefix("/apps/clementine") for node in there.values()}
    assert set(done) <= paths
    with own.client(STUDIO) as client:
        for path in paths:
            assert client.files_download(path)[1].content.startswith(sent)
    assert os.listdir(own.directory / "spool") == []


def test_a_signal_ends_it_quickly_even_while_a_request_hangs(own):
    own.fault("hang", route="files/*")
    linked = own.link(STUDIO)
    found: list[type] = []

    def hang() -> None:
        with own.sdk(linked["access_token"]) as client:
            try:
                client.files_upload(b"x", "/a")
            except requests.exceptions.ConnectionError as problem:
                found.append(type(problem))

    thread = threading.Thread(target=hang)
    thread.start()
    time.sleep(0.3)
    process = own.process
    assert process is not None
    began = time.monotonic()
    process.send_signal(signal.SIGTERM)
    assert process.wait(10) == 0
    assert time.monotonic() - began < 2
    thread.join(10)
    assert len(found) == 1


def test_it_ends_when_its_parent_is_gone(own):
    process = own.process
    assert process is not None and process.stdin is not None
    process.stdin.close()
    assert process.wait(10) == 0


def test_ctrl_c_ends_it_alone_but_under_a_parent_the_parent_says_when(own, tmp_path):
    process = own.process
    assert process is not None
    process.send_signal(signal.SIGINT)
    time.sleep(0.5)
    assert own.people()
    alone = subprocess.Popen([*COMMAND, tmp_path / "alone"], cwd=REPOSITORY, stdout=subprocess.PIPE, text=True)
    with alone:
        assert alone.stdout is not None and "http://" in alone.stdout.readline()
        alone.send_signal(signal.SIGINT)
        assert alone.wait(10) == 0


def test_it_says_where_it_is_and_answers_after_less_than_a_second_of_work(tmp_path):
    with SandboxServer(tmp_path / "sandbox") as server:
        # The types of the SDK load in a thread meanwhile, so this is measured before anything else is asked.
        assert server.process is not None
        worked = seconds_of_work(server.process.pid)
        assert requests.get(server.url, timeout=10).status_code == 200
        assert worked < 1


def seconds_of_work(pid: int) -> float:
    """How long a process has kept a processor busy: unlike a clock, it is the same on a busy machine."""
    with open(f"/proc/{pid}/stat") as stat:
        fields = stat.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def run(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [*COMMAND, *map(str, arguments)]
    return subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, timeout=20)


def test_a_folder_in_use_is_one_sentence_and_exit_1(own):
    ended = run(own.directory)
    assert ended.returncode == 1
    assert "another sandbox uses the folder" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_taken_port_is_one_sentence_and_exit_1(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        ended = run(tmp_path, "--port", taken.getsockname()[1])
    assert ended.returncode == 1
    assert "can't listen" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_reset_wipes_the_data_of_any_version_before_the_start(own, tmp_path):
    with own.client(STUDIO) as client:
        client.files_upload(b"kept", "/a.txt")
    own.stop()
    with sqlite3.connect(own.directory / "sandbox.sqlite3") as db:
        db.execute("PRAGMA user_version = 999")
    db.close()
    assert "--reset" in run(own.directory).stderr
    own.start("--reset")
    assert own.tree(STUDIO) == []
    assert not any(path.is_file() for path in (own.directory / "blobs").rglob("*"))


def test_reset_takes_nothing_from_a_sandbox_that_runs(own):
    with own.client(STUDIO) as client:
        client.files_upload(b"kept", "/a.txt")
        assert "another sandbox uses the folder" in run(own.directory, "--reset").stderr
        assert client.files_download("/a.txt")[1].content == b"kept"


def test_a_folder_that_cannot_be_made_is_one_sentence_and_exit_1(tmp_path):
    (tmp_path / "file").write_text("in the way")
    ended = run(tmp_path / "file" / "folder")
    assert ended.returncode == 1
    assert len(ended.stderr.splitlines()) == 1
    assert "Traceback" not in ended.stderr


def test_large_uploads_leave_memory_flat(own):
    with own.client(STUDIO) as client:
        client.users_get_current_account()
        before = memory_mib(own)
        token = own.link(STUDIO)["access_token"]
        megabyte = os.urandom(1024 * 1024)
        answer = requests.post(
            f"{own.url}/2/files/upload",
            data=(megabyte for _ in range(120)),
            headers={
                "Authorization": f"Bearer {token}",
                "Dropbox-API-Arg": '{"path": "/big"}',
                "Content-Type": "application/octet-stream",
            },
            timeout=60,
        )
        assert answer.json()["size"] == 120 * 1024 * 1024
        assert memory_mib(own) - before < 30


def memory_mib(server: SandboxServer) -> float:
    """The most memory the process has held so far."""
    assert server.process is not None
    with open(f"/proc/{server.process.pid}/status") as status:
        peak = next(line for line in status if line.startswith("VmHWM"))
    return int(peak.split()[1]) / 1024
