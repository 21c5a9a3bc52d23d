"""Webhooks: the challenge, signed notifications, what they leave out, and what happens when nobody takes them."""

import hashlib
import hmac
import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import pairwise
from urllib.parse import parse_qs, urlsplit

import pytest

from sandbox.apps import DEFAULT_APP_KEY, DEFAULT_APP_SECRET
from tests.sandbox.conftest import STUDIO
from tests.sandbox.test_faults import wait_until


class Listener(ThreadingHTTPServer):
    """An app's web server: answers challenges, keeps notifications, and fails as often as it is told."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Answers)
        self.told: list[tuple[float, dict[str, str], bytes]] = []
        self.failures = 0
        self.headers = {"Content-Type": "text/plain", "X-Content-Type-Options": "nosniff"}
        self.say = "{challenge}"

    @property
    def uri(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/hook?fixed=1"

    def accounts(self) -> list[list[str]]:
        return [json.loads(body)["list_folder"]["accounts"] for _, _, body in self.told]

    def wait(self, count: int, seconds: float = 10) -> None:
        limit = time.monotonic() + seconds
        while len(self.told) < count:
            assert time.monotonic() < limit, f"{len(self.told)} notifications instead of {count}"
            time.sleep(0.01)


class _Answers(BaseHTTPRequestHandler):
    server: Listener

    def do_GET(self) -> None:
        challenge = parse_qs(urlsplit(self.path).query)["challenge"][0]
        self._answer(200, self.server.say.format(challenge=challenge).encode(), self.server.headers)

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.told.append((time.monotonic(), {name.lower(): text for name, text in self.headers.items()}, body))
        failing = len(self.server.told) <= self.server.failures
        self._answer(503 if failing else 200, b"", {})

    def _answer(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, text in headers.items():
            self.send_header(name, text)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Nothing: the test's output is for the test."""


@pytest.fixture
def listener() -> Iterator[Listener]:
    with Listener() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def hooked(sandbox, listener: Listener) -> Listener:
    """A listener that is told of the default app's changes, at once."""
    sandbox.behave(webhook_delay=0)
    sandbox.control("POST", "webhooks", {"app": DEFAULT_APP_KEY, "uri": listener.uri})
    return listener


def test_an_address_is_told_once_it_has_answered_the_challenge(sandbox, listener):
    hook = {"app_key": DEFAULT_APP_KEY, "uri": listener.uri}
    assert sandbox.control("POST", "webhooks", {"app": DEFAULT_APP_KEY, "uri": listener.uri}) == hook
    assert sandbox.control("GET", "webhooks") == [hook]
    assert sandbox.control("DELETE", "webhooks", app=DEFAULT_APP_KEY) == {"dropped": 1}
    assert sandbox.control("GET", "webhooks") == []


@pytest.mark.parametrize(
    ("say", "headers", "problem"),
    [
        ("{challenge} ", {}, "word for word"),
        ("<b>{challenge}</b>", {}, "word for word"),
        ("{challenge}", {"Content-Type": "text/html"}, "text/plain"),
        ("{challenge}", {"X-Content-Type-Options": ""}, "nosniff"),
    ],
)
def test_an_address_that_answers_otherwise_is_refused(sandbox, listener, say, headers, problem):
    listener.say = say
    listener.headers.update(headers)
    with pytest.raises(AssertionError, match=problem):
        sandbox.control("POST", "webhooks", {"app": DEFAULT_APP_KEY, "uri": listener.uri})
    assert sandbox.control("GET", "webhooks") == []


@pytest.mark.parametrize(
    "uri",
    ["https://example.com/hook", "http://192.0.2.1/hook", "ftp://localhost/", "localhost", "http://localhost:99999/"],
)
def test_an_address_away_from_this_machine_is_refused(sandbox, uri):
    with pytest.raises(AssertionError, match="this machine"):
        sandbox.control("POST", "webhooks", {"app": DEFAULT_APP_KEY, "uri": uri})


def test_an_address_where_nobody_answers_is_refused(sandbox, listener):
    port = listener.server_address[1]
    listener.server_close()
    with pytest.raises(AssertionError, match="400"):
        sandbox.control("POST", "webhooks", {"app": DEFAULT_APP_KEY, "uri": f"http://127.0.0.1:{port}/"})


def test_a_change_is_told_with_a_signature_and_without_paths(hooked, studio):
    studio.files_upload(b"x", "/secret name.txt")
    hooked.wait(1)
    _, headers, body = hooked.told[0]
    signature = hmac.new(DEFAULT_APP_SECRET.encode(), body, hashlib.sha256).hexdigest()
    assert headers["x-dropbox-signature"] == signature
    assert headers["content-type"] == "application/json"
    account = studio.users_get_current_account().account_id
    assert json.loads(body)["list_folder"] == {"accounts": [account]}
    assert isinstance(json.loads(body)["delta"]["users"][0], int)
    assert b"secret" not in body


def test_every_kind_of_change_is_told(hooked, studio):
    first = studio.files_upload(b"x", "/a")
    hooked.wait(1)
    for change in (
        lambda: studio.files_move_v2("/a", "/b"),
        lambda: studio.files_copy_v2("/b", "/c"),
        lambda: studio.files_delete_v2("/c"),
        lambda: studio.files_restore("/d", first.rev),
        lambda: studio.files_create_folder_v2("/e"),
    ):
        told = len(hooked.told)
        change()
        hooked.wait(told + 1)


def test_changes_that_come_together_are_told_together(hooked, sandbox, studio):
    sandbox.behave(webhook_delay=1000)
    with sandbox.client("agency@example.com") as agency:
        for number in range(5):
            studio.files_upload(b"x", f"/{number}")
            agency.files_upload(b"x", f"/{number}")
    hooked.wait(1)
    time.sleep(0.3)
    assert [sorted(accounts) for accounts in hooked.accounts()] == [
        sorted(sandbox.people()[one] for one in (STUDIO, "agency@example.com"))
    ]


def test_a_notification_that_fails_is_repeated_later_and_later(hooked, sandbox, studio):
    hooked.failures = 3
    sandbox.behave(webhook_retry=40)
    studio.files_upload(b"x", "/a")
    hooked.wait(4)
    times = [moment for moment, _, _ in hooked.told]
    pauses = [later - earlier for earlier, later in pairwise(times)]
    assert [pause >= wanted for pause, wanted in zip(pauses, (0.04, 0.08, 0.16), strict=True)] == [True] * 3
    wait_until(lambda: [entry["status"] for entry in sandbox.history("webhook")] == [503, 503, 503, 200])
    assert sandbox.history("webhook")[0]["arg"]["uri"] == hooked.uri


def test_other_apps_other_folders_and_people_who_left_are_not_told_of(hooked, sandbox, studio, whole):
    whole.files_upload(b"x", "/outside")
    with sandbox.client("agency@example.com") as agency:
        sandbox.behave(webhook_delay=1000)
        agency.files_upload(b"x", "/a")
        sandbox.revoke("agency@example.com")
    studio.files_create_folder_v2("/inside")
    hooked.wait(1)
    assert hooked.accounts() == [[sandbox.people()[STUDIO]]]


def test_an_address_that_was_dropped_hears_no_more(hooked, sandbox, studio):
    sandbox.behave(webhook_delay=600)
    studio.files_upload(b"x", "/a")
    sandbox.control("DELETE", "webhooks")
    studio.files_upload(b"x", "/b")
    time.sleep(0.8)
    assert hooked.told == []
