"""Many exports of one Dropbox account at once: data side by side, one commit at a time, each entry with its own end."""

import itertools
from typing import Any

import pytest

from rules.failures import FailureKind
from rules.states import ExportState
from store.exports import Export
from tests.cast import STUDIO
from tests.scheduler.stage import PICTURE, Event, Stage

pytestmark = pytest.mark.anyio
START = "files/upload_session/start"
FINISH = "files/upload_session/finish_batch_v2"
UPLOAD = "files/upload"


async def begun(stage: Stage, count: int) -> list[Export]:
    """So many exports that are due when the engine starts."""
    made = [stage.studio.push(PICTURE + bytes([n])) for n in range(count)]
    await stage.engine.start()
    return made


def most_at_once(calls: list[Any]) -> int:
    moments = sorted([(call["begin_no"], 1) for call in calls] + [(call["end_no"], -1) for call in calls])
    return max(itertools.accumulate(step for _, step in moments))


async def test_data_goes_side_by_side_and_commits_one_after_the_other(stage: Stage):
    stage.sandbox.behave(latency={START: 40}, write_lock=True, commit_hold=60, commit_hold_per_entry=2)
    made = await begun(stage, 60)
    for export in made:
        assert (await stage.ended(export)).attempts == 1
    starts, commits = stage.calls(START), [*stage.calls(UPLOAD), *stage.calls(FINISH)]
    assert 8 < most_at_once([*starts, *stage.calls(UPLOAD)]) <= 16
    assert most_at_once(commits) == 1
    assert (len(starts), len(stage.calls(UPLOAD))) == (59, 1)
    assert len(commits) <= 12
    assert {node["revisions"] for node in stage.files().values()} == {1}
    assert [len(stage.log(export)) for export in made] == [1] * 60


async def test_each_workspace_on_a_shared_dropbox_commits_by_a_call_of_its_own(stage: Stage):
    other = Event(stage, "other", STUDIO)
    stage.sandbox.behave(write_lock=True, commit_hold=20)
    made = [event.push() for _ in range(5) for event in (stage.studio, other)]
    await stage.engine.start()
    for export in made:
        assert (await stage.ended(export)).attempts == 1
    assert most_at_once([*stage.calls(UPLOAD), *stage.calls(FINISH)]) == 1
    assert len(stage.calls(FINISH)) >= 2


async def test_an_entry_that_dropbox_refuses_fails_alone(stage: Stage):
    stage.sandbox.fault("entry_error", error="path/disallowed_name", entries=[0], times=1)
    made = await begun(stage, 6)
    await stage.until(lambda: all(stage.log(export) for export in made))
    states = [stage.get(export).state for export in made]
    assert sorted(states) == [ExportState.EXPORTED] * 5 + [ExportState.FAILED]
    [failed] = [stage.get(export) for export in made if stage.get(export).state is ExportState.FAILED]
    assert failed.error_kind is FailureKind.BAD_NAME


async def test_busy_entries_repeat_the_commit_alone_with_no_attempt_spent(stage: Stage):
    stage.sandbox.fault("entry_error", error="path/too_many_write_operations", times=1)
    made = await begun(stage, 4)
    await stage.until(lambda: "busy" in [each.error_kind for export in made for each in stage.log(export)])
    for _ in range(3):
        stage.pass_time(1.2)
    for export in made:
        assert (await stage.ended(export)).attempts == 1
    assert len(stage.calls(START)) == 3


async def test_a_rate_limit_on_a_commit_holds_back_every_call_and_keeps_what_was_sent(stage: Stage):
    stage.sandbox.fault("rate_limit", route=FINISH, retry_after=300, times=1)
    made = await begun(stage, 20)
    await stage.until(lambda: stage.studio.connection().pause_reason == "rate_limited")
    await stage.until(lambda: all(stage.get(export).state is not ExportState.UPLOADING for export in made))
    await stage.stays_quiet()
    [limited] = [call for call in stage.calls(FINISH) if call["status"] == 429]
    late = [call for call in stage.calls("files/*") if call["begin_ms"] > limited["end_ms"] + 100]
    assert late == []
    sent = len(stage.calls(START))
    stage.pass_time(340)
    for export in made:
        assert (await stage.ended(export)).attempts == 1
    # What had been sent before the pause was not sent again.
    assert len(stage.calls(START)) == 19
    assert sent >= 1


async def test_a_rate_limit_halves_what_goes_side_by_side(stage: Stage):
    stage.sandbox.fault("rate_limit", route=START, retry_after=1, times=1)
    made = await begun(stage, 20)
    await stage.until(lambda: stage.studio.connection().pause_reason == "rate_limited")
    await stage.until(lambda: all(stage.get(export).state is not ExportState.UPLOADING for export in made))
    stage.sandbox.clear_history()
    stage.sandbox.behave(latency={START: 50})
    stage.pass_time(2)
    for export in made:
        await stage.ended(export)
    assert most_at_once([*stage.calls(START), *stage.calls(UPLOAD)]) <= 8


@pytest.mark.parametrize("fault", [{"kind": "drop"}, {"kind": "status", "status": 500}])
async def test_a_lost_answer_to_a_commit_is_asked_about_and_adopted(stage: Stage, fault: dict[str, Any]):
    stage.sandbox.fault(route=FINISH, when="after", times=1, **fault)
    made = await begun(stage, 8)
    await stage.until(lambda: all(stage.log(export) for export in made))
    stage.pass_time(12)
    for export in made:
        await stage.ended(export)
    assert len(stage.calls(START)) == 7
    there = stage.files()
    assert {node["revisions"] for node in there.values()} == {1}
    assert {stage.get(export).rev for export in made} == {node["rev"] for node in there.values()}


async def test_a_whole_commit_that_fails_counts_once_towards_the_breaker(stage: Stage):
    stage.sandbox.fault("status", route=FINISH, status=503, times=1)
    stage.sandbox.behave(latency={FINISH: 100})
    made = await begun(stage, 12)
    await stage.until(lambda: any(stage.get(export).error_kind for export in made))
    await stage.until(lambda: all(stage.get(export).state is not ExportState.UPLOADING for export in made))
    assert stage.studio.connection().pause_reason is None
    stage.pass_time(12)
    for export in made:
        assert (await stage.ended(export)).attempts <= 2
    assert len(stage.calls(START)) == 11


async def test_a_session_that_is_gone_is_sent_anew_with_no_attempt_spent(stage: Stage):
    stage.sandbox.fault("rate_limit", route=FINISH, retry_after=1, times=1)
    made = await begun(stage, 3)
    await stage.until(lambda: all(stage.get(export).state is not ExportState.UPLOADING for export in made))
    stage.sandbox.move_clock(8 * 24 * 3600)
    stage.pass_time(3)
    for export in made:
        assert (await stage.ended(export)).attempts == 1
    assert len(stage.calls(START)) <= 6
