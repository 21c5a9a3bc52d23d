"""What keeps a project's exports from going on at the moment: one thing, the most blocking, so that a page says one.

A workspace that is not connected is no hindrance but a state of its own, which pages show in another way.
"""

from rules.failures import FailureKind
from rules.states import ConnectionStatus


def hindrance(
    status: ConnectionStatus | None,
    *,
    project_pause: FailureKind | None = None,
    pause: FailureKind | None = None,
    paused_until: int = 0,
    now: int,
) -> FailureKind | None:
    """The failure that stands in the way, or None.

    A lost connection comes before everything, then what pauses the project until a person acts, then the pause of the
    connection, which ends by itself at `paused_until`. Times are milliseconds UTC; None as status: never connected.
    """
    if status is ConnectionStatus.NEEDS_REAUTH:
        return FailureKind.NEEDS_REAUTH
    if status is not ConnectionStatus.CONNECTED:
        return None
    if project_pause is not None:
        return project_pause
    return pause if paused_until > now else None
