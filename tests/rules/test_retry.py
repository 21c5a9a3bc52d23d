"""DESIGN.md §6's table of endings and its curve, row by row and as properties."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.failures import SKIP_KINDS, Failure, FailureKind
from rules.retry import MAX_ATTEMPTS, Decision, NeedsReauth, Pause, breaker, decide, delay_ms
from rules.states import ExportState

NOW = 1_770_837_843_000
HOUR = 3_600_000
WAITING, FAILED, SKIPPED = ExportState.WAITING, ExportState.FAILED, ExportState.SKIPPED

jitters = st.floats(-1, 1)
attempts = st.integers(1, MAX_ATTEMPTS + 3)
failures = st.builds(
    Failure,
    kind=st.sampled_from(FailureKind),
    retry_after=st.none() | st.integers(0, 86_400),
    outcome_known=st.booleans(),
)


def test_the_curve_is_ten_seconds_and_four_times_more_each_time_up_to_400_minutes():
    seconds = [delay_ms(n, 0) / 1000 for n in range(1, MAX_ATTEMPTS)]
    assert seconds == [10, 40, 160, 640, 2560, 10240, 24000, 24000, 24000]


@given(jitters)
def test_ten_tries_take_between_23_hours_and_25_without_jitter_and_stay_within_a_tenth_with_it(jitter: float):
    plain = sum(delay_ms(n, 0) for n in range(1, MAX_ATTEMPTS)) / HOUR
    assert 23 < plain < 25
    assert plain * 0.899 < sum(delay_ms(n, jitter) for n in range(1, MAX_ATTEMPTS)) / HOUR < plain * 1.101


@given(attempts, jitters)
def test_the_delay_never_shrinks_from_try_to_try(attempt: int, jitter: float):
    assert delay_ms(attempt, jitter) <= delay_ms(attempt + 1, jitter)


@given(attempts, jitters)
def test_jitter_moves_a_delay_by_at_most_a_tenth(attempt: int, jitter: float):
    assert abs(delay_ms(attempt, jitter) - delay_ms(attempt, 0)) <= delay_ms(attempt, 0) / 10 + 1


def test_attempts_are_counted_from_one():
    with pytest.raises(ValueError, match="from 1"):
        delay_ms(0, 0)


def after(kind: FailureKind | str, **how: object) -> Decision:
    """The decision after the third try with a failure of that kind, without jitter."""
    details = {name: how.pop(name) for name in ("retry_after", "outcome_known") if name in how}
    settings: dict[str, object] = {"attempt": 3, "now": NOW, "jitter": 0.0} | how
    return decide(Failure(FailureKind(kind), **details), **settings)  # type: ignore[arg-type]


# fmt: off
TABLE = [
    #                    state    spent  due after        connection
    ("rate_limited",       WAITING, False, 15_000 * 1.05, Pause(NOW + 15_750, FailureKind.RATE_LIMITED)),
    ("busy",               WAITING, False, 1_000,         None),
    ("unavailable",        WAITING, True,  160_000,       None),
    ("needs_reauth",       WAITING, False, 0,             NeedsReauth()),
    ("insufficient_space", WAITING, False, HOUR,          Pause(NOW + HOUR, FailureKind.INSUFFICIENT_SPACE)),
    ("not_permitted",      WAITING, False, HOUR,          Pause(NOW + HOUR, FailureKind.NOT_PERMITTED)),
    ("folder_gone",        WAITING, False, 0,             None),
    ("hash_mismatch",      WAITING, True,  160_000,       None),
    ("bad_name",           FAILED,  True,  None,          None),
    ("source_missing",     FAILED,  True,  None,          None),
    ("defect",             FAILED,  True,  None,          None),
    ("disconnected",       SKIPPED, False, None,          None),
    ("export_off",         SKIPPED, False, None,          None),
    ("deleted",            SKIPPED, False, None,          None),
]
# fmt: on


def test_the_table_has_a_row_for_every_kind():
    assert {row[0] for row in TABLE} == set(FailureKind)


@pytest.mark.parametrize(("kind", "state", "spent", "due_after", "connection"), TABLE, ids=[row[0] for row in TABLE])
def test_the_table_of_endings_holds(kind: str, state: ExportState, spent: bool, due_after: int | None, connection):
    decision = after(kind)
    assert decision.next_state is state
    assert decision.attempt_spent is spent
    assert decision.due_at == (None if due_after is None else NOW + due_after)
    assert decision.connection == connection


@pytest.mark.parametrize("kind", FailureKind)
def test_only_a_rate_limit_halves_the_parallelism(kind: FailureKind):
    assert after(kind).halve_parallelism is (kind is FailureKind.RATE_LIMITED)


@pytest.mark.parametrize("kind", FailureKind)
def test_only_a_missing_folder_pauses_the_project(kind: FailureKind):
    assert after(kind).project_pause is (kind is FailureKind.FOLDER_GONE)


@pytest.mark.parametrize("kind", FailureKind)
def test_only_a_defect_is_loud(kind: FailureKind):
    assert after(kind).loud is (kind is FailureKind.DEFECT)


@pytest.mark.parametrize("kind", FailureKind)
def test_dropbox_is_asked_first_when_it_was_unavailable_and_whenever_the_outcome_is_unknown(kind: FailureKind):
    assert after(kind).check_first is (kind is FailureKind.UNAVAILABLE)
    assert after(kind, outcome_known=False).check_first is True


@pytest.mark.parametrize(("jitter", "milliseconds"), [(-1.0, 300_000), (0.0, 315_000), (1.0, 330_000)])
def test_a_rate_limit_waits_for_retry_after_plus_up_to_a_tenth(jitter: float, milliseconds: int):
    decision = after("rate_limited", retry_after=300, jitter=jitter)
    assert decision.due_at == NOW + milliseconds
    assert decision.connection == Pause(NOW + milliseconds, FailureKind.RATE_LIMITED)


def test_a_rate_limit_that_asks_for_no_wait_still_waits_a_second():
    assert after("rate_limited", retry_after=0, jitter=-1.0).due_at == NOW + 1000


@pytest.mark.parametrize("kind", ["rate_limited", "busy", "unavailable", "insufficient_space"])
def test_a_retry_after_beyond_a_day_is_taken_as_a_day(kind: str):
    assert after(kind, retry_after=10**12, jitter=-1.0).due_at == NOW + 24 * HOUR


def test_busy_waits_1_2_4_8_16_and_then_30_seconds():
    waits = [(after("busy", busy_in_a_row=n).due_at or 0) - NOW for n in range(1, 9)]
    assert waits == [1000, 2000, 4000, 8000, 16000, 30000, 30000, 30000]


@pytest.mark.parametrize("kind", ["rate_limited", "busy", "needs_reauth", "insufficient_space", "not_permitted"])
def test_what_is_no_fault_of_the_export_never_uses_it_up(kind: str):
    decision = after(kind, attempt=MAX_ATTEMPTS + 90)
    assert (decision.next_state, decision.attempt_spent) == (WAITING, False)


@pytest.mark.parametrize("kind", ["unavailable", "hash_mismatch"])
def test_after_the_tenth_spent_try_an_export_is_failed(kind: str):
    assert after(kind, attempt=MAX_ATTEMPTS - 1).next_state is WAITING
    last = after(kind, attempt=MAX_ATTEMPTS)
    assert (last.next_state, last.attempt_spent, last.due_at) == (FAILED, True, None)


def test_an_export_that_failed_with_an_unknown_outcome_is_still_looked_for_on_a_retry():
    assert after("unavailable", attempt=MAX_ATTEMPTS).check_first is True


def test_a_hash_mismatch_is_sent_again_once_and_failed_the_second_time():
    assert after("hash_mismatch", attempt=1).next_state is WAITING
    assert after("hash_mismatch", attempt=2, previous=FailureKind.UNAVAILABLE).next_state is WAITING
    assert after("hash_mismatch", attempt=2, previous=FailureKind.HASH_MISMATCH).next_state is FAILED


@given(failures, attempts, jitters, st.integers(1, 1000), st.none() | st.sampled_from(FailureKind))
def test_no_export_is_due_before_now_before_retry_after_or_before_its_connection_s_pause_ends(
    failure: Failure, attempt: int, jitter: float, busy_in_a_row: int, previous: FailureKind | None
):
    decision = decide(failure, attempt=attempt, now=NOW, jitter=jitter, busy_in_a_row=busy_in_a_row, previous=previous)
    assert (decision.due_at is not None) is (decision.next_state is WAITING)
    assert (decision.next_state is SKIPPED) is (failure.kind in SKIP_KINDS)
    if decision.due_at is None:
        assert decision.connection is None
        return
    assert decision.due_at >= NOW
    if failure.kind not in (FailureKind.NEEDS_REAUTH, FailureKind.FOLDER_GONE):
        assert decision.due_at >= NOW + 1000 * (failure.retry_after or 0)
    if isinstance(decision.connection, Pause):
        assert decision.due_at >= decision.connection.until


@pytest.mark.parametrize(("in_a_row", "pause"), [(0, None), (1, None), (4, None), (5, 30), (6, 30), (500, 30)])
def test_five_unavailable_answers_in_a_row_pause_a_connection_for_30_seconds(in_a_row: int, pause: int | None):
    assert breaker(in_a_row) == pause
