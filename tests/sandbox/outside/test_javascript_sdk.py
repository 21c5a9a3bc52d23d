"""The official JavaScript SDK, unmodified, with its own hosts through the proxy, and over http by a `fetch` of ours."""

import json
import subprocess
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from sandbox.apps import DEFAULT_APP_KEY, DEFAULT_APP_SECRET
from tests.sandbox.outside.clients import javascript_sdk
from tests.sandbox_server import REDIRECT_URI, SandboxServer

STUDIO = "studio@example.com"
PROGRAMS = Path(__file__).parent / "javascript"


def node(environment: dict[str, str], *arguments: str | Path, **more: str) -> str:
    """Run a program with node; what it says."""
    ended = subprocess.run(
        ["node", *map(str, arguments)],
        env={**environment, **more, "NODE_PATH": str(javascript_sdk())},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert ended.returncode == 0, ended.stderr
    return ended.stdout


@pytest.fixture
def found(house: SandboxServer, environment: dict[str, str]) -> Any:
    """What the whole round trip came back with."""
    linked = house.link(STUDIO)
    location = house.decide(house.authorize_url(), "agency@example.com")
    said = node(
        environment,
        "--require",
        PROGRAMS / "through_proxy.cjs",
        PROGRAMS / "round_trip.cjs",
        KEY=DEFAULT_APP_KEY,
        SECRET=DEFAULT_APP_SECRET,
        REFRESH_TOKEN=linked["refresh_token"],
        CODE=parse_qs(urlsplit(location).query)["code"][0],
        REDIRECT_URI=REDIRECT_URI,
    )
    return json.loads(said)


def test_everything_an_integration_needs_works_through_the_proxy(house, found):
    assert (found["account"], found["expires"]) == (STUDIO, True)
    assert found["uploaded"] == "/js/übung 🎉 日本.txt"
    assert found["hash"] == found["ownHash"]
    assert found["downloaded"] == "größer"
    assert found["session"] == 4 * 1024 * 1024 + 7
    assert found["listed"] == ["/js", "/js/moved.txt", "/js/session.bin", "/js/übung 🎉 日本.txt"]
    assert (found["revisions"], found["deleted"], found["link"]) == (1, "file", "https:")
    assert found["used"] == 4 * 1024 * 1024 + 7 + len("größer".encode())


def test_refusals_reach_it_in_the_shapes_it_knows(house, found):
    assert found["missing"]["status"] == 409
    assert found["missing"]["error"]["error"] == {".tag": "path", "path": {".tag": "not_found"}}
    assert found["conflict"]["error"]["error"]["reason"] == {".tag": "conflict", "conflict": {".tag": "file"}}
    assert found["malformed"] == 400
    assert found["afterRevoke"] == 401


def test_its_oauth_helpers_work(house, found):
    assert found["authorizeUrl"].startswith("https://dropbox.com/oauth2/authorize?")
    asked = found["authorizeUrl"].replace("https://dropbox.com", house.url)
    assert "code=" in house.decide(asked, STUDIO)
    assert found["exchanged"] == house.account_id("agency@example.com")


def test_it_has_good_manners_all_the_way(house, found):
    # Its way to the token endpoint, and what the program provokes on purpose.
    known = ("token_in_url", "bad_call", "dead_token")
    assert [one for one in house.complaints() if not one.startswith(known)] == []


def test_it_works_over_http_with_a_fetch_of_ones_own(house, environment):
    said = node(
        environment,
        PROGRAMS / "other_host.cjs",
        KEY=DEFAULT_APP_KEY,
        SECRET=DEFAULT_APP_SECRET,
        REFRESH_TOKEN=house.link(STUDIO)["refresh_token"],
        SANDBOX=house.url,
    )
    assert said.strip() == STUDIO
