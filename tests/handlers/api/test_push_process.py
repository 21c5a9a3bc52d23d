"""Pushes to the app as its users run it: a large body leaves memory flat, a killed process leaves nothing behind."""

import socket
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import requests

from tests.pictures import jpeg
from tests.running_app import Api, AppProcess, PlainBrowser
from tests.sandbox_server import SandboxServer

OWNER = "owner@example.com"
MIB = 1 << 20
BOUNDARY = "process-boundary"
KIND = {"content-type": f"multipart/form-data; boundary={BOUNDARY}"}
TAIL = f"\r\n--{BOUNDARY}--\r\n".encode()


def head(job_id: str) -> bytes:
    return (
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="job_id"\r\n\r\n{job_id}\r\n'
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="photo.jpg"\r\n\r\n'
    ).encode()


def body(size: int, job_id: str = "job-1") -> Iterator[bytes]:
    """A push of one picture that is `size` bytes long, made while it is sent."""
    first = jpeg(1)
    yield head(job_id)
    yield first
    left = size - len(first)
    while left:
        yield bytes(min(left, MIB))
        left -= min(left, MIB)
    yield TAIL


@pytest.fixture
def app(tmp_path: Path, sandbox: SandboxServer) -> Iterator[AppProcess]:
    app = AppProcess(tmp_path, sandbox, MAX_RESULT_BYTES=str(250 * MIB))
    app.start()
    PlainBrowser(app).sign_in(OWNER)
    yield app
    app.end()


@pytest.fixture
def api(app: AppProcess) -> Api:
    return Api(app.origin, app.token(OWNER))


@pytest.fixture
def results(api: Api) -> str:
    """Where to push to."""
    (workspace,) = api.items("/workspaces")
    project = api.made(f"/workspaces/{workspace['id']}/projects", name="Gala")
    experience = api.made(f"/projects/{project['id']}/experiences", name="Booth")
    return f"/experiences/{experience['id']}/results"


def memory(app: AppProcess, figure: str) -> int:
    """VmRSS (now) or VmHWM (the most so far), in KiB."""
    assert app.process is not None
    lines = Path(f"/proc/{app.process.pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(f"{figure}:"))


def files_under(app: AppProcess, *folders: str) -> list[Path]:
    return [path for folder in folders for path in (app.data_dir / folder).rglob("*") if path.is_file()]


def test_200_mib_are_stored_with_memory_flat(app: AppProcess, api: Api, results: str):
    assert api.call("POST", results, data=body(MIB, "warm-up"), headers=KIND).status_code == 201
    before = memory(app, "VmRSS")
    answer = api.call("POST", results, data=body(200 * MIB), headers=KIND)
    assert answer.status_code == 201
    assert answer.json()["artifacts"][0]["size"] == 200 * MIB
    assert memory(app, "VmHWM") - before < 40_000


def test_too_large_is_a_413_that_closes_the_connection_and_leaves_nothing(app: AppProcess, api: Api, results: str):
    before, resident = files_under(app, "media", "incoming"), memory(app, "VmRSS")
    answer = api.call("POST", results, data=body(300 * MIB), headers=KIND)
    assert answer.status_code == 413
    assert answer.headers["connection"] == "close"
    assert answer.headers["content-type"] == "application/problem+json"
    assert files_under(app, "media", "incoming") == before
    assert memory(app, "VmHWM") - resident < 40_000


def test_a_body_that_says_it_is_too_large_is_refused_before_it_is_read(app: AppProcess, api: Api, results: str):
    address = urlsplit(app.origin)
    request = (
        f"POST /api/v1{results} HTTP/1.1\r\nHost: {address.netloc}\r\nContent-Length: {10**12}\r\n"
        f"Content-Type: {KIND['content-type']}\r\nAuthorization: {api.session.headers['authorization']!s}\r\n"
        "Expect: 100-continue\r\n\r\n"
    )
    with socket.create_connection((str(address.hostname), int(address.port or 0)), timeout=10) as line:
        line.sendall(request.encode())
        answer = b""
        while piece := line.recv(65536):  # to the end: the connection is closed
            answer += piece
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert b"100 Continue" not in answer


def test_a_sender_that_goes_away_leaves_nothing(app: AppProcess, api: Api, results: str):
    def broken() -> Iterator[bytes]:
        yield head("job-1") + jpeg(1) + bytes(3 * MIB)
        raise ConnectionAbortedError

    with pytest.raises((requests.RequestException, ConnectionAbortedError)):
        api.call("POST", results, data=broken(), headers=KIND)
    api.session.close()
    deadline = time.monotonic() + 5
    while files_under(app, "incoming", "media") and time.monotonic() < deadline:
        time.sleep(0.02)
    assert files_under(app, "incoming", "media") == []
    assert "unexpected error" not in app.log()


def test_what_a_killed_process_left_is_gone_after_the_next_start(app: AppProcess, api: Api, results: str):
    def killing() -> Iterator[bytes]:
        yield head("job-1") + jpeg(1) + bytes(3 * MIB)
        deadline = time.monotonic() + 5
        while not files_under(app, "incoming") and time.monotonic() < deadline:
            time.sleep(0.01)
        app.kill()
        yield bytes(MIB)

    kept = api.call("POST", results, data=body(MIB, "kept"), headers=KIND).json()
    with pytest.raises(requests.RequestException):
        api.call("POST", results, data=killing(), headers=KIND)
    assert files_under(app, "incoming") != []
    app.start()
    assert files_under(app, "incoming") == []
    (left,) = files_under(app, "media")
    assert left.stat().st_size == MIB
    assert requests.get(kept["artifacts"][0]["url"], timeout=10).content[:3] == b"\xff\xd8\xff"
