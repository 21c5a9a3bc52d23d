"""RL-01: whose address counts. Only what a configured proxy says is believed, and of that the last stranger."""

from collections.abc import Iterator
from ipaddress import ip_network
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from app import create_app
from handlers.limits import LIMITS, Limit
from handlers.request_log import client_ip
from tests.cast import SAME_ORIGIN
from tests.handlers.stage import ORIGIN, Stage, settings_on

PROXIES = (ip_network("10.0.0.0/8"), ip_network("fd00::/8"))
VISITOR = "203.0.113.9"


def scope(peer: str | None, *forwarded: str, **headers: str) -> dict[str, object]:
    pairs = [(b"x-forwarded-for", text.encode("latin-1")) for text in forwarded]
    pairs += [(name.replace("_", "-").encode(), text.encode()) for name, text in headers.items()]
    return {"type": "http", "client": (peer, 1234) if peer is not None else None, "headers": pairs}


@pytest.mark.parametrize(
    ("peer", "forwarded", "expected"),
    [
        # Nobody but a configured proxy is believed.
        (VISITOR, ["198.51.100.1"], VISITOR),
        ("127.0.0.1", ["198.51.100.1"], "127.0.0.1"),
        ("11.0.0.1", ["198.51.100.1"], "11.0.0.1"),
        # The rightmost address that is no proxy of ours: what stands left of it, the visitor may have written.
        ("10.0.0.1", [VISITOR], VISITOR),
        ("10.0.0.1", [f"1.1.1.1, {VISITOR}"], VISITOR),
        ("10.0.0.1", [f"1.1.1.1, {VISITOR}, 10.0.0.2"], VISITOR),
        ("10.0.0.1", ["1.1.1.1", VISITOR], VISITOR),
        ("10.0.0.1", [f" {VISITOR} ,, "], VISITOR),
        ("10.0.0.1", [], "10.0.0.1"),
        ("10.0.0.1", ["10.0.0.2, 10.0.0.3"], "10.0.0.1"),
        # What is no address ends the reading: nothing left of it is believed.
        ("10.0.0.1", ["1.1.1.1, unknown"], "10.0.0.1"),
        ("10.0.0.1", ["1.1.1.1, 999.1.1.1, 10.0.0.2"], "10.0.0.1"),
        ("10.0.0.1", ["<script>"], "10.0.0.1"),
        ("10.0.0.1", ["\x00"], "10.0.0.1"),
        # The same address in other clothes.
        ("::ffff:10.0.0.1", [VISITOR], VISITOR),
        ("10.0.0.1", [f"::ffff:{VISITOR}"], VISITOR),
        ("::ffff:203.0.113.9", [], VISITOR),
        ("fd00::1", ["2001:db8::1"], "2001:db8::1"),
        ("fd00::1", ["2001:DB8:0::0001"], "2001:db8::1"),
        ("testclient", [VISITOR], "testclient"),
        (None, [VISITOR], ""),
    ],
)
def test_rl_01_the_address_that_counts(peer: str | None, forwarded: list[str], expected: str):
    assert client_ip(scope(peer, *forwarded), PROXIES) == expected


@pytest.mark.parametrize("header", ["forwarded", "x_real_ip", "x_client_ip", "true_client_ip", "cf_connecting_ip"])
def test_rl_01_no_other_header_is_believed_even_from_a_proxy(header: str):
    assert client_ip(scope("10.0.0.1", **{header: VISITOR}), PROXIES) == "10.0.0.1"


def test_rl_01_by_default_nobody_is_believed():
    assert client_ip(scope("127.0.0.1", VISITOR), ()) == "127.0.0.1"


@pytest.fixture
def limited(tmp_path: Path) -> Iterator[TestClient]:
    """The app with limits on, and no proxy configured."""
    settings = settings_on(tmp_path).model_copy(update={"limits": "on"})
    with TestClient(
        create_app(settings), base_url=ORIGIN, headers=SAME_ORIGIN, follow_redirects=False, client=(VISITOR, 1)
    ) as client:
        yield client


def test_rl_01_a_spoofed_header_does_not_change_the_bucket(limited: TestClient):
    statuses = []
    for n in range(LIMITS["sign-in"].most + 5):
        headers = {"x-forwarded-for": f"198.51.100.{n}", "forwarded": f"for=198.51.100.{n}"}
        statuses.append(limited.post("/login", headers=headers).status_code)
    assert statuses == [303] * LIMITS["sign-in"].most + [429] * 5


# How each limit is reached; the ones counted by e-mail address answer as if nothing were (AR-01).
REACHED = {
    "request-access": ("POST", "/request-access", 303),
    "sign-in": ("POST", "/login", 303),
    "callback": ("GET", "/auth/dropbox/callback?state=x", 400),
    "setup": ("GET", f"/setup/{'x' * 43}", 404),
    "api-refused": ("GET", "/api/v1/me", 401),
}
# Counted by token, or by what stands in a form; shown beside what they limit.
ELSEWHERE = {"api", "push", "fetch", "link", "request-access-address", "invite", "invite-address"}


@pytest.mark.parametrize("name", REACHED)
def test_rl_03_each_limit_answers_429_with_a_time_to_wait(limited: TestClient, name: str):
    method, path, status = REACHED[name]
    for n in range(LIMITS[name].most):
        answer = limited.request(method, path, data={"email": f"p{n}@example.com"} if method == "POST" else None)
        assert answer.status_code == status
    refused = limited.request(method, path, data={"email": "last@example.com"} if method == "POST" else None)
    assert refused.status_code == 429
    assert 1 <= int(refused.headers["retry-after"]) <= LIMITS[name].seconds
    assert "content-security-policy" in refused.headers


def test_rl_03_a_token_s_calls_are_counted_by_token(limited: TestClient, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(LIMITS, "api", Limit(3, 60))
    stage = Stage(limited.app_state["settings"], limited)
    for who in ("editor", "viewer"):
        answers = [limited.get("/api/v1/me", headers=stage.bearer(who)) for _ in range(5)]
        assert [answer.status_code for answer in answers] == [200, 200, 200, 429, 429]
        assert 1 <= int(answers[-1].headers["retry-after"]) <= 60
    stage.db.conn.close()


@pytest.mark.parametrize("name", ["invite", "invite-address"])
def test_rl_03_invitations_are_counted_by_sender_and_by_address(
    limited: TestClient, monkeypatch: pytest.MonkeyPatch, name: str
):
    monkeypatch.setitem(LIMITS, name, Limit(2, 60))
    stage = Stage(limited.app_state["settings"], limited)
    path = stage.fill(stage.scene(), "/workspaces/{workspace_id}/invitations")
    emails = ["same@example.com"] * 3 if name == "invite-address" else [f"p{n}@example.com" for n in range(3)]
    answers = [stage.browser("owner").post(path, data={"email": email, "role": "member"}) for email in emails]
    assert [answer.status_code for answer in answers] == [303, 303, 429]
    stage.db.conn.close()


def test_rl_03_every_limit_is_shown_to_hold():
    assert set(LIMITS) == set(REACHED) | ELSEWHERE
