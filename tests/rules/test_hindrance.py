"""One thing at a time stands in the way of exports: the most blocking."""

import pytest

from rules.failures import FailureKind
from rules.hindrance import hindrance
from rules.states import ConnectionStatus

NOW = 1_000_000
CONNECTED = ConnectionStatus.CONNECTED


def test_nothing_stands_in_the_way_of_a_healthy_connection():
    assert hindrance(CONNECTED, now=NOW) is None


@pytest.mark.parametrize("status", [None, ConnectionStatus.DISCONNECTED])
def test_not_being_connected_is_a_state_and_no_hindrance(status: ConnectionStatus | None):
    found = hindrance(
        status,
        project_pause=FailureKind.FOLDER_GONE,
        pause=FailureKind.RATE_LIMITED,
        paused_until=NOW + 1,
        now=NOW,
    )
    assert found is None


def test_a_lost_connection_comes_before_everything():
    found = hindrance(
        ConnectionStatus.NEEDS_REAUTH,
        project_pause=FailureKind.FOLDER_GONE,
        pause=FailureKind.RATE_LIMITED,
        paused_until=NOW + 1,
        now=NOW,
    )
    assert found is FailureKind.NEEDS_REAUTH


def test_what_waits_for_a_person_comes_before_what_ends_by_itself():
    found = hindrance(
        CONNECTED, project_pause=FailureKind.FOLDER_GONE, pause=FailureKind.UNAVAILABLE, paused_until=NOW + 1, now=NOW
    )
    assert found is FailureKind.FOLDER_GONE


@pytest.mark.parametrize(("ahead", "seen"), [(1, FailureKind.INSUFFICIENT_SPACE), (0, None), (-1, None)])
def test_a_pause_that_is_over_is_no_hindrance(ahead: int, seen: FailureKind | None):
    assert hindrance(CONNECTED, pause=FailureKind.INSUFFICIENT_SPACE, paused_until=NOW + ahead, now=NOW) is seen
