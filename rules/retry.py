"""What follows from a failed try: the delay curve, and DESIGN.md §6's table as one pure function.

It says what becomes of the export, its connection and its project; writing that down is the store's part.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto
from types import MappingProxyType

from rules.failures import Failure, FailureKind
from rules.states import ExportState

MAX_ATTEMPTS = 10
"""Spent tries after which an export is failed: with the curve below, 23.8 hours after the first one."""

_LONGEST_DELAY_S = 24_000
_RATE_LIMIT_S = 15
_LONGEST_BUSY_S = 30
_HOUR_S = 3_600
_DAY_S = 86_400
BREAKER_AFTER = 5
"""So many `unavailable` tries in a row open the breaker; while there are as many, one try goes at a time: the probe."""

_BREAKER_PAUSE_S = 30


def delay_ms(attempt: int, jitter: float) -> int:
    """Milliseconds to wait after the `attempt`-th spent try (from 1); `jitter` in [-1, 1] moves it by up to 10 %."""
    if attempt < 1:
        raise ValueError("Attempts are counted from 1.")
    seconds: int = min(10 * 4 ** min(attempt - 1, 8), _LONGEST_DELAY_S)
    return round(seconds * 1000 * (1 + jitter / 10))


def breaker(failures_in_a_row: int) -> int | None:
    """Seconds to pause a connection on which so many tries in a row were `unavailable`; None: go on.

    After the pause the caller sends one probe; if that fails too, the row has grown and the pause is the same again.
    """
    return _BREAKER_PAUSE_S if failures_in_a_row >= BREAKER_AFTER else None


@dataclass(frozen=True)
class Pause:
    """The whole connection rests until then (milliseconds UTC); a longer pause that stands already is kept."""

    until: int
    reason: FailureKind


@dataclass(frozen=True)
class NeedsReauth:
    """The connection goes to `needs_reauth`, and its workspace's owners and admins get one mail."""


@dataclass(frozen=True)
class Decision:
    """What becomes of an export after a failed try.

    `due_at` (milliseconds UTC) is set exactly when it waits, and never lies before the end of a pause;
    `attempt_spent` False gives the try back. `check_first`: the file may be there, ask `get_metadata` before sending
    again. `project_pause`: the project's exports wait until a folder is selected. `loud`: log it as our defect.
    """

    next_state: ExportState
    attempt_spent: bool
    due_at: int | None = None
    connection: Pause | NeedsReauth | None = None
    halve_parallelism: bool = False
    check_first: bool = False
    project_pause: bool = False
    loud: bool = False


class _Wait(Enum):
    """For how long an export waits."""

    RETRY_AFTER = auto()
    SHORT = auto()
    CURVE = auto()
    HOUR = auto()
    FOR_SOMEBODY = auto()


@dataclass(frozen=True)
class _Row:
    wait: _Wait | None
    spent: bool = False
    pauses: bool = False
    halves: bool = False
    check_first: bool = False
    needs_reauth: bool = False
    project_pause: bool = False
    loud: bool = False
    otherwise: ExportState = ExportState.FAILED


_SKIP = _Row(None, otherwise=ExportState.SKIPPED)
_TABLE: Mapping[FailureKind, _Row] = MappingProxyType(
    {
        FailureKind.RATE_LIMITED: _Row(_Wait.RETRY_AFTER, pauses=True, halves=True),
        FailureKind.BUSY: _Row(_Wait.SHORT),
        FailureKind.UNAVAILABLE: _Row(_Wait.CURVE, spent=True, check_first=True),
        FailureKind.NEEDS_REAUTH: _Row(_Wait.FOR_SOMEBODY, needs_reauth=True),
        FailureKind.INSUFFICIENT_SPACE: _Row(_Wait.HOUR, pauses=True),
        FailureKind.NOT_PERMITTED: _Row(_Wait.HOUR, pauses=True),
        FailureKind.FOLDER_GONE: _Row(_Wait.FOR_SOMEBODY, project_pause=True),
        FailureKind.BAD_NAME: _Row(None, spent=True),
        FailureKind.SOURCE_MISSING: _Row(None, spent=True),
        FailureKind.HASH_MISMATCH: _Row(_Wait.CURVE, spent=True),
        FailureKind.DEFECT: _Row(None, spent=True, loud=True),
        FailureKind.DISCONNECTED: _SKIP,
        FailureKind.EXPORT_OFF: _SKIP,
        FailureKind.DELETED: _SKIP,
    }
)


def decide(
    failure: Failure,
    *,
    attempt: int,
    now: int,
    jitter: float,
    busy_in_a_row: int = 1,
    previous: FailureKind | None = None,
) -> Decision:
    """What becomes of an export whose `attempt`-th try (from 1, this one counted) failed at `now`.

    `jitter` in [-1, 1] spreads the delays; `busy_in_a_row` counts the `busy` answers to this commit, this one
    included; `previous` is how the export's try before this one failed, for the second hash mismatch.
    """
    row = _TABLE[failure.kind]
    check_first = row.check_first or not failure.outcome_known
    used_up = row.spent and attempt >= MAX_ATTEMPTS
    differs_again = failure.kind is FailureKind.HASH_MISMATCH and previous is FailureKind.HASH_MISMATCH
    if row.wait is None or used_up or differs_again:
        return Decision(row.otherwise, row.spent, check_first=check_first, loud=row.loud)
    due_at = now + _wait_ms(row.wait, failure, attempt=attempt, jitter=jitter, busy_in_a_row=busy_in_a_row)
    connection: Pause | NeedsReauth | None = None
    if row.needs_reauth:
        connection = NeedsReauth()
    elif row.pauses:
        connection = Pause(due_at, failure.kind)
    return Decision(
        ExportState.WAITING,
        row.spent,
        due_at=due_at,
        connection=connection,
        halve_parallelism=row.halves,
        check_first=check_first,
        project_pause=row.project_pause,
    )


def _wait_ms(wait: _Wait, failure: Failure, *, attempt: int, jitter: float, busy_in_a_row: int) -> int:
    """Milliseconds to wait; at least what Dropbox asked for, at most a day of that."""
    asked = min(max(failure.retry_after or 0, 0), _DAY_S)
    match wait:
        case _Wait.RETRY_AFTER:
            seconds = _RATE_LIMIT_S if failure.retry_after is None else max(asked, 1)
            return seconds * 1000 + round(seconds * 50 * (1 + jitter))
        case _Wait.SHORT:
            short: int = min(2 ** min(busy_in_a_row - 1, 5), _LONGEST_BUSY_S)
            return max(round(short * 1000 * (1 + jitter / 10)), asked * 1000)
        case _Wait.CURVE:
            return max(delay_ms(attempt, jitter), asked * 1000)
        case _Wait.HOUR:
            return max(_HOUR_S, asked) * 1000
        case _Wait.FOR_SOMEBODY:
            return 0
