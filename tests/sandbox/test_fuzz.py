"""Any argument on any route: never a 500, never a broken connection, always the shape that Dropbox documents.

SANDBOX_EFFORT=50 in the environment makes fifty times as many attempts, each time others.
"""

import json
from dataclasses import dataclass, field

import dropbox
import pytest
import requests
from dropbox import files
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from sandbox.apps import DEFAULT_APP_KEY, DEFAULT_APP_SECRET
from sandbox.calls import Served
from sandbox.routes.table import ROUTES
from sandbox.stone_json import decode
from tests.pictures import jpeg
from tests.sandbox.arguments import JSON, ODD_PATHS, Pools, argument
from tests.sandbox.conftest import STUDIO
from tests.sandbox.test_tree_properties import EFFORT
from tests.sandbox.test_uploads import hash_of
from tests.sandbox_server import ALL_SCOPES, REDIRECT_URI, SandboxServer

SCOPES = f"{ALL_SCOPES} sharing.read openid email profile"
PAYLOADS = [b"", b"x", b"some bytes", bytes(4096)]


@dataclass
class World:
    """A sandbox with a bit of everything in it, and how to call it raw."""

    server: SandboxServer
    pools: Pools = field(default_factory=dict)
    http: requests.Session = field(default_factory=requests.Session)
    token: str = ""

    def fill(self) -> None:
        """Things for arguments to lead to; made anew for each route, as calls take them away."""
        self.server.control("POST", "reset")
        self.server.add_app(scopes=SCOPES.split())
        self.token = self.server.link(STUDIO, scopes=SCOPES)["access_token"]
        with self.server.sdk(self.token) as client:
            self._fill(client)

    def _fill(self, client: dropbox.Dropbox) -> None:
        picture = client.files_upload(jpeg(1), "/Gala/1.jpg")
        text = client.files_upload(b"words", "/Gala/notes.txt")
        client.files_upload(b"other words", "/Gala/notes.txt", mode=files.WriteMode.overwrite)
        gone = client.files_upload(b"gone", "/gone")
        client.files_delete_v2("/gone")
        folder = client.files_create_folder_v2("/Empty").metadata
        unfinished = client.files_list_folder("", limit=1).cursor
        for number in range(2):
            client.files_upload(b"more", f"/Gala/match {number}")
        search = client.files_search_v2("match", options=files.SearchOptions(max_results=1)).cursor
        job = client.files_delete_batch([]).get_async_job_id()
        concurrent = files.UploadSessionType.concurrent
        sessions = [client.files_upload_session_start(b"data", close=closed).session_id for closed in (False, True)]
        sessions.append(client.files_upload_session_start(b"", session_type=concurrent).session_id)
        there = ["/gala/1.JPG", "/Gala/notes.txt", "/Gala", "/Empty", "/gone", picture.id, f"{folder.id}/new"]
        account = client.users_get_current_account().account_id
        self.pools = {
            "path": [*there * 3, f"rev:{text.rev}", f"rev:{gone.rev}", *ODD_PATHS],
            "rev": [text.rev, gone.rev, picture.rev, "123456789", "xyz"],
            "session": [*sessions, "made-up"],
            "cursor": [unfinished, search, "AAmade-up", unfinished[:-5]],
            "job": [job, "made-up"],
            "account": [account, "dbid:" + "A" * 35, STUDIO],
            "hash": [*map(hash_of, PAYLOADS), "0" * 64],
            "word": ["match", "gala", "notes txt", "jpg", ".", "\u0130"],
        }

    def call(self, name: str, body: bytes, argument: str | None = None) -> requests.Response:
        """A request as a client would make it; for upload and download routes the argument is in the header."""
        served = ROUTES[name]
        headers = {"Content-Type": "application/octet-stream" if served.style == "upload" else "application/json"}
        if argument is not None:
            headers["Dropbox-API-Arg"] = argument
        if served.style == "download":
            del headers["Content-Type"]
        auth = (DEFAULT_APP_KEY, DEFAULT_APP_SECRET) if served.auth == "app" else None
        if "user" in served.auth:
            headers["Authorization"] = f"Bearer {self.token}"
        return self.http.post(f"{self.server.url}/2/{name}", data=body, headers=headers, auth=auth, timeout=60)


@pytest.fixture(scope="module")
def world(sandbox_process):
    """The world of this module's tests; `fill` it first."""
    made = World(sandbox_process)
    made.http.trust_env = False
    yield made
    made.http.close()


def check_shape(served: Served, answer: requests.Response) -> None:
    """The answer is one of those that Dropbox documents for the route."""
    assert answer.headers["x-dropbox-request-id"]
    kind = answer.headers["content-type"]
    if answer.status_code == 400:
        assert kind == "text/plain; charset=utf-8" and answer.text
        return
    if answer.status_code == 200 and served.style == "download":
        decode(served.route.result_type, json.loads(answer.headers["dropbox-api-result"]))
        return
    assert kind == "application/json", f"{answer.status_code} {answer.text}"
    if answer.status_code == 200:
        decode(served.route.result_type, answer.json())
        return
    assert answer.status_code == 409, f"{answer.status_code} {answer.text}"
    told = answer.json()
    decode(served.route.error_type, told["error"])
    assert told["error_summary"].startswith(told["error"][".tag"])


def attempts(number: int) -> settings:
    return settings(
        max_examples=number * EFFORT,
        deadline=None,
        database=None,
        derandomize=EFFORT == 1,
        phases=list(Phase) if EFFORT > 1 else [Phase.generate],
        suppress_health_check=list(HealthCheck),
    )


# To revoke ends the token that all other calls are made with, so it is called without the fuzz below.
NAMES = sorted(set(ROUTES) - {"auth/token/revoke"})


@pytest.mark.parametrize("name", NAMES)
def test_arguments_of_the_right_kind_get_an_answer_of_the_right_shape(world, name):
    world.fill()
    served = ROUTES[name]

    @attempts(12)
    @given(argument(served.route.arg_type, world.pools), st.sampled_from(PAYLOADS))
    def attempt(given_argument, payload) -> None:
        text = json.dumps(given_argument)
        rpc = served.style == "rpc"
        body = text.encode() if rpc else payload if served.style == "upload" else b""
        check_shape(served, world.call(name, body, None if rpc else text))

    attempt()


@pytest.mark.parametrize("name", NAMES)
def test_arguments_of_no_kind_at_all_are_a_400_or_another_known_answer(world, name):
    if not world.pools:
        world.fill()
    served = ROUTES[name]
    texts = st.text(st.characters(codec="ascii", min_codepoint=32, max_codepoint=126), max_size=60).map(str.strip)

    @attempts(5)
    @given(st.one_of(JSON.map(json.dumps), texts), st.binary(max_size=60))
    def attempt(text, noise) -> None:
        check_shape(served, world.call(name, noise if served.style == "rpc" else b"x", text))
        if served.style == "rpc":
            check_shape(served, world.call(name, text.encode()))

    attempt()


FIELDS = ["grant_type", "code", "refresh_token", "client_id", "client_secret", "redirect_uri", "code_verifier", "scope"]
QUERY = ["client_id", "redirect_uri", "response_type", "state", "scope", "code_challenge", "token_access_type"]
WORDS = st.one_of(
    st.sampled_from(["authorization_code", "refresh_token", "code", DEFAULT_APP_KEY, DEFAULT_APP_SECRET, "S256"]),
    st.text(max_size=30),
)


def test_any_form_gets_oauths_answer(world):
    @attempts(80)
    @given(st.dictionaries(st.sampled_from(FIELDS), WORDS), st.one_of(st.none(), st.text(max_size=20)))
    def attempt(form, credentials) -> None:
        auth = None if credentials is None else (DEFAULT_APP_KEY, credentials.encode())
        answer = world.http.post(f"{world.server.url}/oauth2/token", data=form, auth=auth, timeout=60)
        assert (answer.status_code, answer.headers["content-type"]) == (400, "application/json")
        assert answer.json()["error"] and answer.json()["error_description"]

    attempt()


def test_any_authorize_address_gets_a_page_or_a_redirect(world):
    world.fill()

    @attempts(80)
    @given(st.dictionaries(st.sampled_from(QUERY), st.one_of(WORDS, st.just(REDIRECT_URI)), max_size=7))
    def attempt(query) -> None:
        url = f"{world.server.url}/oauth2/authorize"
        answer = world.http.get(url, params=query, allow_redirects=False, timeout=10)
        assert answer.status_code in (200, 302, 400)
        if answer.status_code == 302:
            assert answer.headers["location"].startswith(REDIRECT_URI)
        else:
            assert answer.headers["content-type"] == "text/html; charset=utf-8"

    attempt()
