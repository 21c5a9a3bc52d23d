"""The control API: who may use it, and what it shows and moves."""

import http.client
import threading

import pytest
import requests

from sandbox.apps import DEFAULT_APP_KEY, DEFAULT_APP_SECRET
from sandbox.people import PEOPLE
from tests.sandbox.conftest import STUDIO
from tests.sandbox_server import REDIRECT_URI


def test_the_known_people_are_there_with_their_constant_ids(sandbox):
    assert sandbox.people() == {email: person.account_id for email, person in PEOPLE.items()}
    for account_id in sandbox.people().values():
        assert len(account_id) == 40
        assert account_id.startswith("dbid:")


def test_the_default_app_is_there_without_a_redirect_uri(sandbox):
    (app,) = sandbox.control("GET", "apps")
    assert (app["key"], app["secret"], app["name"]) == (DEFAULT_APP_KEY, DEFAULT_APP_SECRET, "Clementine")
    assert (app["access"], app["redirect_uris"]) == ("app_folder", [])


def test_changing_an_app_keeps_what_is_not_named(sandbox):
    sandbox.add_app(redirect_uris=[REDIRECT_URI])
    sandbox.add_app(scopes=["account_info.read"])
    (app,) = sandbox.control("GET", "apps")
    assert (app["redirect_uris"], app["scopes"]) == ([REDIRECT_URI], ["account_info.read"])


@pytest.mark.parametrize(
    "body",
    [{"key": "x"}, {"key": "x", "secret": "s", "name": "X", "access": "everything"}, {"key": "x", "colour": 1}, {}],
)
def test_an_app_that_makes_no_sense_is_refused_with_a_sentence(sandbox, body):
    answer = requests.post(f"{sandbox.url}/_sandbox/apps", json=body, timeout=10)
    assert answer.status_code == 400
    assert answer.json()["problem"]


def test_people_can_be_added_and_changed(sandbox):
    added = sandbox.add_person("new@example.com", given_name="Nia", surname="New", email_verified=False)
    assert added["display_name"] == "Nia New"
    with sandbox.client("new@example.com") as client:
        assert client.users_get_current_account().email_verified is False
        sandbox.add_person("new@example.com", given_name="Nia", surname="New")
        assert client.users_get_current_account().email_verified is True


def test_history_tells_who_asked_what_and_when(sandbox, studio):
    studio.files_upload(b"abc", "/A/b.txt")
    with sandbox.client("agency@example.com") as agency:
        agency.users_get_current_account()
    (seen,) = sandbox.history("files/*")
    assert (seen["route"], seen["email"], seen["path"], seen["status"]) == ("files/upload", STUDIO, "/A/b.txt", 200)
    assert (seen["app"], seen["bytes_in"], seen["fault"]) == (DEFAULT_APP_KEY, 3, None)
    assert seen["begin_ms"] <= seen["end_ms"]
    assert seen["begin_no"] < seen["end_no"]
    assert seen["arg"]["mode"] == {".tag": "add"}
    assert [one["route"] for one in sandbox.history(email="agency@example.com")] == [
        "oauth2/token",
        "users/get_current_account",
    ]
    sandbox.clear_history()
    assert sandbox.history() == []


def test_history_holds_no_token_and_no_code(sandbox):
    linked = sandbox.link(STUDIO)
    with sandbox.sdk(linked["access_token"]) as client:
        client.users_get_current_account()
    text = str(sandbox.history())
    assert linked["access_token"] not in text
    assert linked["refresh_token"] not in text


def test_overlapping_calls_are_told_apart_from_calls_in_turn(sandbox, studio):
    sandbox.behave(latency={"users/*": 100})
    token = sandbox.link(STUDIO)["access_token"]

    def ask() -> None:
        with sandbox.sdk(token) as client:
            client.users_get_current_account()

    threads = [threading.Thread(target=ask) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    studio.users_get_current_account()
    first, second, third = sandbox.history("users/*")
    assert max(first["begin_no"], second["begin_no"]) < min(first["end_no"], second["end_no"])
    assert third["begin_no"] > max(first["end_no"], second["end_no"])


def test_grants_can_be_seen_and_all_ended(sandbox):
    sandbox.link(STUDIO)
    sandbox.link(STUDIO)
    assert len(sandbox.grants(STUDIO)) == 2
    assert sandbox.revoke(STUDIO, DEFAULT_APP_KEY) == 2
    assert sandbox.grants(STUDIO) == []


def test_the_clock_moves_forward_only(sandbox):
    before = sandbox.control("GET", "clock")["now"]
    sandbox.move_clock(3600)
    assert sandbox.control("GET", "clock")["now"] - before >= 3_600_000
    with pytest.raises(AssertionError, match="forward"):
        sandbox.move_clock(-1)


def test_behaviour_takes_known_figures_only(sandbox):
    assert sandbox.behave(access_token_seconds=5)["access_token_seconds"] == 5
    for wrong in ({"speed": 1}, {"write_lock": 1}, {"commit_hold": -1}, {"latency": {"*": "slow"}}):
        with pytest.raises(AssertionError):
            sandbox.behave(**wrong)


def test_a_reset_forgets_everything(sandbox, studio):
    studio.files_upload(b"x", "/a")
    sandbox.fault("drop")
    sandbox.behave(write_lock=True)
    sandbox.add_person("new@example.com")
    sandbox.reset()
    assert sandbox.files(STUDIO) == {}
    assert sandbox.faults() == []
    assert sandbox.history() == []
    assert set(sandbox.people()) == set(PEOPLE)
    assert sandbox.control("GET", "behaviour")["write_lock"] is False
    assert sandbox.grants(STUDIO) == []


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Host": "rebound.example"},
        {"Host": "rebound.example:8001"},
    ],
)
def test_other_sites_may_not_use_it(sandbox, headers):
    answer = requests.post(f"{sandbox.url}/_sandbox/reset", headers=headers, timeout=10)
    assert answer.status_code == 403
    assert requests.get(f"{sandbox.url}/_sandbox/people", headers=headers, timeout=10).status_code == 403


def test_nonsense_is_answered_with_a_sentence(sandbox):
    connection = http.client.HTTPConnection("127.0.0.1", sandbox.port, timeout=10)
    for body in (b"{", b"[]", b"\xff"):
        connection.request("POST", "/_sandbox/clock", body)
        answer = connection.getresponse()
        assert answer.status == 400
        assert b"problem" in answer.read()
    connection.close()
    for path in ("tree?person=nobody", "grants"):
        assert requests.get(f"{sandbox.url}/_sandbox/{path}", timeout=10).status_code == 404


def test_the_state_holds_everything_and_is_empty_after_a_reset(sandbox, studio):
    fresh = sandbox.control("GET", "state")
    studio.files_upload(b"abc", "/Gala/a.txt")
    session = studio.files_upload_session_start(b"data").session_id
    sandbox.fault(route="users/*", status=503)
    sandbox.behave(commit_hold=5)
    state = sandbox.control("GET", "state")
    person = next(one for one in state["people"] if one["email"] == STUDIO)
    assert [node["path"] for node in person["tree"] if node["type"] == "file"] == ["/Apps/Clementine/Gala/a.txt"]
    assert [(one["id"], one["length"], one["closed"]) for one in person["upload_sessions"]] == [(session, 4, False)]
    assert (person["used"], len(person["grants"])) == (3, 1)
    assert (state["behaviour"]["commit_hold"], len(state["faults"]), len(state["apps"])) == (5, 1, 1)
    sandbox.reset()
    after = sandbox.control("GET", "state")
    assert [one["tree"] + one["grants"] + one["upload_sessions"] for one in after["people"]] == [[]] * 4
    assert {name: after[name] for name in ("behaviour", "faults", "complaints", "webhooks", "clock_offset")} == {
        name: fresh[name] for name in ("behaviour", "faults", "complaints", "webhooks", "clock_offset")
    }
