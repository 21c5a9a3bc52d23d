"""Why an export waits, since when and until when: one reason, the one that everything else would wait behind.

What pages make of it is theirs; the failures' sentences are in failures.py.
"""

from dataclasses import dataclass
from enum import StrEnum

from rules.failures import FailureKind
from rules.retry import BREAKER_AFTER
from rules.states import ConnectionStatus


class WaitReason(StrEnum):
    """What a waiting export waits for."""

    STOPPED = "stopped"
    """A person stopped or moved it; the next sweep ends it, or carries it over."""
    CONNECTION = "connection"
    """The connection needs a person: Reconnect."""
    NOBODY = "nobody"
    """No owner or admin of its workspace may be here at present."""
    PROJECT = "project"
    """The project needs a person: its folder is gone."""
    PAUSE = "pause"
    """The whole connection rests until a time that Dropbox, or a run of failures, has set."""
    RETRY = "retry"
    """Its own last try failed, and the next one has its time."""
    PROBE = "probe"
    """Everything failed of late: one try of another export goes first, to see whether Dropbox is back."""
    TURN = "turn"
    """Nothing stands in its way: it goes when a slot is free."""


@dataclass(frozen=True)
class Wait:
    """One reason. `kind` is the failure behind it, if there is one; times are milliseconds UTC, None: not known.

    `until` None means that it ends by a person, or as soon as it can.
    """

    reason: WaitReason
    kind: FailureKind | None = None
    since: int | None = None
    until: int | None = None


@dataclass(frozen=True)
class Circumstances:
    """All that bears on one waiting export, as its rows say. Times are milliseconds UTC."""

    status: ConnectionStatus
    lost_at: int | None
    paused_until: int
    pause_kind: FailureKind | None
    paused_at: int | None
    failures_in_a_row: int
    is_left_behind: bool
    is_minded: bool
    project_kind: FailureKind | None
    project_paused_at: int | None
    error_kind: FailureKind | None
    due_at: int
    updated_at: int
    created_at: int


def why_waiting(export: Circumstances, *, now: int) -> Wait:
    """The reason that lasts longest, as far as that can be said: what a person must do comes before what has a time."""
    if export.is_left_behind or export.status is ConnectionStatus.DISCONNECTED:
        return Wait(WaitReason.STOPPED)
    if export.status is ConnectionStatus.NEEDS_REAUTH:
        return Wait(WaitReason.CONNECTION, FailureKind.NEEDS_REAUTH, export.lost_at)
    if not export.is_minded:
        return Wait(WaitReason.NOBODY)
    if export.project_kind is not None:
        return Wait(WaitReason.PROJECT, export.project_kind, export.project_paused_at)
    paused = export.paused_until > now
    if paused and export.paused_until >= export.due_at:
        return Wait(WaitReason.PAUSE, export.pause_kind, export.paused_at, export.paused_until)
    if export.due_at > now:
        return Wait(WaitReason.RETRY, export.error_kind, export.updated_at, export.due_at)
    if export.failures_in_a_row >= BREAKER_AFTER:
        return Wait(WaitReason.PROBE, FailureKind.UNAVAILABLE, export.paused_at)
    return Wait(WaitReason.TURN, since=max(export.due_at, export.created_at))
