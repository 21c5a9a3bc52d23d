"""Which calls a fault rule hits; the write lock and latency, which are no faults but slow or refuse calls too."""

import threading
import time

import pytest
import requests
from dropbox.exceptions import InternalServerError
from stone.backends.python_rsrc import stone_validators as bv

from sandbox.misbehaving import MADE_UP_FIELDS
from sandbox.refusals import Refusal, body
from sandbox.routes.table import ROUTES
from tests.sandbox.conftest import STUDIO
from tests.sandbox.test_faults import UPLOAD, outcomes, wait_until
from tests.sandbox.test_upload_sessions import entry, start


@pytest.fixture
def upload(studio):
    return lambda number: studio.files_upload(b"x%d" % number, f"/{number}")


def test_rules_choose_by_person_app_and_path(sandbox, studio):
    with sandbox.client("agency@example.com") as agency:
        sandbox.fault(route=UPLOAD, status=500, person=STUDIO.upper(), path="/Gala/*")
        agency.files_upload(b"x", "/Gala/a")
        studio.files_upload(b"x", "/Other/a")
        with pytest.raises(InternalServerError):
            studio.files_upload(b"x", "/gala/a")
        sandbox.clear_faults()
        sandbox.fault(route=UPLOAD, status=500, app="another-key")
        studio.files_upload(b"y", "/Gala/b")


def test_a_path_filter_sees_every_entry_of_a_batch(sandbox, studio):
    sandbox.fault(route="files/*batch_v2", status=500, path="/b")
    sessions = [start(studio, b"abc", close=True) for _ in range(2)]
    with pytest.raises(InternalServerError):
        studio.files_upload_session_finish_batch_v2([entry(sessions[0], 3, "/a"), entry(sessions[1], 3, "/b")])


def test_rules_count_the_calls_they_match(sandbox, upload):
    sandbox.fault(route=UPLOAD, status=500, nth=[2, 4])
    assert outcomes(upload, 5) == ["ok", "InternalServerError", "ok", "InternalServerError", "ok"]
    sandbox.clear_faults()
    sandbox.fault(route=UPLOAD, status=500, every=3)
    assert [one == "ok" for one in outcomes(upload, 6)] == [True, True, False, True, True, False]
    sandbox.clear_faults()
    sandbox.fault(route=UPLOAD, status=500, times=2)
    assert [one == "ok" for one in outcomes(upload, 4)] == [False, False, True, True]
    (rule,) = sandbox.faults()
    assert (rule["matched"], rule["hits"]) == (4, 2)


def test_chance_is_the_same_for_the_same_seed(sandbox, upload):
    runs = []
    for _ in range(2):
        sandbox.clear_faults()
        sandbox.fault(route=UPLOAD, status=500, probability=0.5, seed=7)
        runs.append(outcomes(upload, 30))
    assert runs[0] == runs[1]
    assert 5 < runs[0].count("ok") < 25


@pytest.mark.parametrize(
    "rule",
    [
        {"kind": "explode"},
        {"kind": "drop", "status": 500},
        {"kind": "status", "status": "500"},
        {"kind": "error", "route": UPLOAD},
        {"kind": "error", "route": UPLOAD, "error": "path/no_such_tag"},
        {"kind": "error", "route": "files/*", "error": "path/insufficient_space"},
        {"kind": "entry_error", "error": "path/nothing"},
        {"kind": "drop", "when": "sometimes"},
    ],
)
def test_a_rule_that_could_never_act_is_refused(sandbox, rule):
    answer = requests.post(f"{sandbox.url}/_sandbox/faults", json=rule, timeout=10)
    assert answer.status_code == 400
    assert answer.json()["problem"]


def test_without_the_write_lock_overlapping_commits_all_succeed(sandbox):
    assert sorted(committed_together(sandbox)) == ["ok"] * 4


def test_with_the_write_lock_only_one_of_overlapping_commits_succeeds(sandbox):
    sandbox.behave(write_lock=True, commit_hold=400)
    assert sorted(committed_together(sandbox)) == ["RateLimitError"] * 3 + ["ok"]


def test_with_the_write_lock_the_entries_of_a_batch_tell_they_were_too_many(sandbox, studio):
    sandbox.behave(write_lock=True, commit_hold=400)
    session = start(studio, b"abc", close=True)
    token = sandbox.link(STUDIO)["access_token"]

    def upload_meanwhile() -> None:
        with sandbox.sdk(token) as client:
            client.files_upload(b"x", "/first")

    thread = threading.Thread(target=upload_meanwhile)
    thread.start()
    wait_until(lambda: sandbox.files(STUDIO))
    (result,) = studio.files_upload_session_finish_batch_v2([entry(session, 3, "/second")]).entries
    thread.join(10)
    assert result.get_failure().is_too_many_write_operations()


def committed_together(sandbox) -> list[str]:
    token = sandbox.link(STUDIO)["access_token"]
    found: list[str] = []
    gate = threading.Barrier(4)

    def commit(number: int) -> None:
        with sandbox.sdk(token) as client:
            client.users_get_current_account()
            gate.wait()
            found.extend(outcomes(lambda _: client.files_upload(b"x", f"/{number}"), 1))

    threads = [threading.Thread(target=commit, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    return found


def test_latency_delays_the_routes_it_names(sandbox, studio):
    sandbox.behave(latency={"files/*": 200})
    began = time.monotonic()
    studio.files_upload(b"x", "/a")
    assert time.monotonic() - began >= 0.2
    began = time.monotonic()
    studio.users_get_current_account()
    assert time.monotonic() - began < 0.2


def every_path_of_tags(kind, seen=()) -> list[str]:
    """All paths of tags that lead through an error type."""
    kind = getattr(kind, "validator", kind)
    if isinstance(kind, bv.Struct):
        inner = [field for _, field in kind.definition._all_fields_ if isinstance(field, bv.Union)]
        return [path for field in inner for path in every_path_of_tags(field, seen)]
    if not isinstance(kind, bv.Union) or kind.definition in seen:
        return []
    below = {tag: every_path_of_tags(inner, (*seen, kind.definition)) for tag, inner in kind.definition._tagmap.items()}
    return [path for tag, paths in below.items() for path in ([f"{tag}/{rest}" for rest in paths] or [tag])]


def test_every_error_that_a_route_or_an_entry_can_have_can_be_made_up():
    made = 0
    for served in ROUTES.values():
        for kind in (served.route.error_type, served.entry_error):
            for tags in [] if kind is None else every_path_of_tags(kind):
                assert body(kind, Refusal(tags, **MADE_UP_FIELDS))["error"][".tag"] == tags.split("/")[0]
                made += 1
    assert made > 500
