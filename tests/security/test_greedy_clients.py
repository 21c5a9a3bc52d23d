"""RL-04 to RL-06, CR-05, CR-07, against a real process: bodies without end, five hundred slow clients, odd ranges."""

import contextlib
import json
import re
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import requests

from tests.pictures import jpeg
from tests.running_app import Api, AppProcess, PlainBrowser
from tests.sandbox_server import SandboxServer
from tests.security import wire

GB = 1024**3
MB = 1024**2
MOST = 2 * MB


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory, sandbox_process: SandboxServer) -> Iterator[AppProcess]:
    """One process for all of them; it takes results of 2 MB."""
    sandbox_process.reset()
    process = AppProcess(tmp_path_factory.mktemp("greedy"), sandbox_process, MAX_RESULT_BYTES=str(MOST))
    process.start()
    PlainBrowser(process).sign_in("owner@example.com")
    yield process
    process.end()


@pytest.fixture(scope="module")
def api(app: AppProcess) -> Iterator[Api]:
    api = Api(app.origin, app.token("owner@example.com"))
    yield api
    api.close()


@pytest.fixture(scope="module")
def experience_id(api: Api) -> str:
    workspace = api.made("/workspaces", name="Greedy")
    project = api.made(f"/workspaces/{workspace['id']}/projects", name="Gala")
    made: str = api.made(f"/projects/{project['id']}/experiences", name="Booth")["id"]
    return made


@pytest.fixture(scope="module")
def media_link(api: Api, experience_id: str) -> str:
    pushed = api.push(experience_id, "ranges", jpeg(1, pad_to=1_900_000))
    assert pushed.status_code == 201, pushed.text
    link: str = pushed.json()["artifacts"][0]["url"]
    return link


def authorization(api: Api) -> str:
    """The header line of the API's token."""
    return "Authorization: " + str(api.session.headers["authorization"])


FORM = "Content-Type: application/x-www-form-urlencoded"
CHUNKED = "Transfer-Encoding: chunked"
PIECE = b"10000\r\n" + b"a" * 0x10000 + b"\r\n"


def test_rl_04_a_chunked_gigabyte_is_413_and_no_memory(app: AppProcess, api: Api, experience_id: str):
    token = authorization(api)
    multipart = "Content-Type: multipart/form-data; boundary=b"
    begun = b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.jpg"\r\n\r\n' + jpeg()
    picture = b"%x\r\n%s\r\n" % (len(begun), begun)
    push = f"POST /api/v1/experiences/{experience_id}/results"
    for first, lines, before in (
        ("POST /request-access", (FORM,), b""),
        ("POST /login", (FORM,), b""),
        ("POST /api/v1/workspaces", (token, "Content-Type: application/json"), b""),
        (push, (token, multipart), picture),
    ):
        size = wire.resident(app)
        with contextlib.closing(wire.connect(app)) as line:
            line.sendall(wire.head(app, first, CHUNKED, *lines) + before)
            # Whether it is the answer or the end of the connection that comes first is the network's matter.
            answer: list[bytes] = []
            reader = threading.Thread(target=lambda line=line, found=answer: found.append(wire.everything(line)))
            reader.start()
            sent = wire.pour(line, PIECE, GB)
            reader.join()
        assert answer[0].startswith(b"HTTP/1.1 413 "), (first, answer[0][:300])
        assert b"connection: close" in answer[0]
        assert sent < 40 * MB, first
        assert wire.resident(app) - size < 30 * MB, first


def test_rl_04_a_length_that_is_too_large_is_refused_before_a_byte_of_it(app: AppProcess, api: Api):
    token = authorization(api)
    for first, lines in (("POST /request-access", (FORM,)), ("POST /login", (FORM,))):
        answer = wire.answer_to(app, wire.head(app, first, f"Content-Length: {GB}", *lines))
        assert answer.startswith(b"HTTP/1.1 413 ")
    sent = wire.head(app, "POST /api/v1/workspaces", "Content-Type: application/json", f"Content-Length: {GB}", token)
    assert wire.answer_to(app, sent + b"[" * 70_000).startswith(b"HTTP/1.1 413 ")


@pytest.mark.parametrize("first", ["POST /logout", "POST /no/such/page", "GET /login", "DELETE /workspaces/x"])
def test_rl_04_what_no_route_reads_is_not_taken_in_either(app: AppProcess, first: str):
    size = wire.resident(app)
    with contextlib.closing(wire.connect(app)) as line:
        line.sendall(wire.head(app, first, CHUNKED))
        sent = wire.pour(line, PIECE, GB)
    assert sent < 40 * MB
    assert wire.resident(app) - size < 30 * MB


def test_rl_04_a_form_has_a_hundred_fields_and_no_files(app: AppProcess):
    many = "&".join(f"f{n}=1" for n in range(2000)).encode()
    answer = wire.answer_to(
        app, wire.head(app, "POST /login", FORM, f"Content-Length: {len(many)}", "Connection: close") + many
    )
    assert answer.startswith(b"HTTP/1.1 400 ")
    file = b'--b\r\nContent-Disposition: form-data; name="email"; filename="a"\r\n\r\nx\r\n--b--\r\n'
    lines = ("Content-Type: multipart/form-data; boundary=b", f"Content-Length: {len(file)}", "Connection: close")
    assert wire.answer_to(app, wire.head(app, "POST /login", *lines) + file).startswith(b"HTTP/1.1 400 ")


def test_rl_05_five_hundred_slow_clients_do_not_slow_the_others(app: AppProcess, api: Api, media_link: str):
    slow_head = f"GET /login HTTP/1.1\r\nHost: 127.0.0.1:{app.port}\r\n".encode()
    slow_body = wire.head(app, "POST /request-access", FORM, "Content-Length: 60000")
    # 200 of each kind drip one byte, or one line, every second; 100 have asked for something and don't read it.
    unread = wire.head(app, f"GET {urlsplit(media_link).path}")
    times: list[float] = []
    began = time.monotonic()
    with (
        wire.many(app, 200, slow_head) as heads,
        wire.many(app, 200, slow_body) as bodies,
        wire.many(app, 100, unread) as readers,
        requests.Session() as session,
    ):
        assert wire.drip(heads, b"X-A: b\r\n") == 200
        still = 400
        while still and time.monotonic() - began < 16:
            tick = time.monotonic()
            still = wire.drip(heads, b"X-A: b\r\n") + wire.drip(bodies, b"a")
            while time.monotonic() - tick < 1:
                asked = time.monotonic()
                assert session.get(f"{app.origin}/login", timeout=10).status_code == 200
                assert api.call("GET", "/workspaces").status_code == 200
                times.append((time.monotonic() - asked) / 2)
                time.sleep(0.02)
        ended = wire.ended(readers)
    assert len(times) > 50
    assert wire.percentile(times, 0.95) < 0.5, sorted(times)[-20:]
    assert still == 0, "they were still connected"
    assert ended == 100, "they were still being answered"


@pytest.mark.parametrize(
    "asked",
    [
        "bytes=" + ",".join(f"{n}-{n}" for n in range(5000)),
        "bytes=" + "0-," * 10_000,
        "bytes=" + "-1," * 10_000,
        "bytes=0-" + "9" * 20_000,
        "bytes=" + "9" * 20_000 + "-",
        "bytes=-" + "0" * 30_000,
        "bytes=" + " " * 30_000,
        "bytes " * 5000,
        "bytes=0-0, 0-0",
        "bytes=5-1",
        "bytes=--1",
        "bytes=\xb2-\xb3",
        "pages=1-2",
    ],
    ids=lambda asked: asked[:20],
)
def test_rl_06_an_odd_range_costs_nothing(media_link: str, asked: str):
    with requests.Session() as session:
        took = []
        for _ in range(3):
            began = time.perf_counter()
            answer = session.get(media_link, headers={"range": asked}, timeout=10)
            took.append(time.perf_counter() - began)
        assert answer.status_code in (200, 206, 416)
        assert len(answer.content) <= 1_900_000
        assert min(took) < 0.05


def test_rl_06_an_address_has_at_most_8_kb(app: AppProcess):
    for path in ("/login?next=/" + "a" * 8200, "/" + "a." * 4100, "/api/v1/workspaces?" + "a=b&" * 2100):
        answer = requests.get(app.origin + path, timeout=10, allow_redirects=False)
        assert answer.status_code == 414
        assert "content-security-policy" in answer.headers
    assert requests.get(f"{app.origin}/login?next=/{'a' * 1900}", timeout=10).status_code == 200


@pytest.mark.parametrize("body", [b"[" * 60_000, b'{"name":' * 7_000, b'{"a":' * 300 + b"1" + b"}" * 300])
def test_rl_06_deep_json_is_400_at_once(api: Api, body: bytes):
    began = time.perf_counter()
    answer = api.call("POST", "/workspaces", data=body, headers={"content-type": "application/json"})
    assert answer.status_code in (400, 422)
    assert time.perf_counter() - began < 0.5


def test_cr_05_the_process_leaves_no_core(app: AppProcess):
    assert app.process is not None
    limits = Path(f"/proc/{app.process.pid}/limits").read_text()
    assert re.search(r"^Max core file size +0 +0 ", limits, re.MULTILINE)


def test_cr_07_no_answer_says_what_runs_here(app: AppProcess):
    for path in ("/", "/login", "/healthz", "/no/such", "/api/v1/me", "/api/docs", "/static/nothing"):
        answer = requests.get(app.origin + path, timeout=10, allow_redirects=False)
        assert not {"server", "x-powered-by", "via"} & {name.lower() for name in answer.headers}
        assert not re.search(r"uvicorn|starlette|python/|sqlite|traceback", answer.text, re.IGNORECASE), path


def test_somebody_who_leaves_in_the_middle_of_a_request_is_no_error(app: AppProcess, api: Api, experience_id: str):
    before = len(app.log())
    token = authorization(api)
    parts = "Content-Type: multipart/form-data; boundary=b"
    for sent in (
        wire.head(app, "POST /request-access", FORM, "Content-Length: 100") + b"email=a",
        wire.head(app, "POST /login", parts, "Content-Length: 100") + b"--b\r\nCont",
        wire.head(app, "POST /api/v1/workspaces", token, "Content-Type: application/json", "Content-Length: 100")
        + b"{",
        wire.head(app, f"POST /api/v1/experiences/{experience_id}/results", token, parts, "Content-Length: 100")
        + b"--b",
    ):
        with contextlib.closing(wire.connect(app)) as line:
            line.sendall(sent)
    wire.until(lambda: app.log()[before:].count('"request"') >= 4)
    for written in app.log()[before:].splitlines():
        assert json.loads(written)["level"] == "info", written
