"""Taking somebody's access back while the site runs: their exports that nobody else minds end with it, at once.

What ends is decided and written by store/revocations.py; here the uploads under way are cut.
"""

import asyncio
import sys
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager

from clients.stop_gate import Stop, StopGate
from handlers.clock import now_ms
from handlers.state import State
from handlers.stops import KEPT_WAITING_S, clock, sweep
from rules.approval import Move
from settings import Settings
from store import decisions, installation, people, revocations
from store.connect import Db
from store.decisions import Decider, Moved
from store.errors import Conflict
from store.mails import Letterbox

OWNER_STAYS = "The site owner can't be revoked."


async def revoke(state: State, key: str, *, decider: Decider) -> Moved:
    """Revoke the person with that key (people.Approved.key). Raises NotFound, and Conflict for the site owner.

    When it returns, nothing of theirs works any more and no upload of what stopped is under way.
    """
    began, settings, database = clock(), state["settings"], state["database"]
    ids = await database.read(_connections_to_stop, settings, key, now=now_ms())
    async with _stopping(state["gate"], ids) as stops:
        moved = await database.write(_revoke, settings, key, decider=decider, now=now_ms())
        for connection_id, stop in stops.items():
            stop.epoch = moved.ended.get(connection_id)
    # A workspace that became theirs alone, or was connected, between the look and the write.
    late = {connection_id: epoch for connection_id, epoch in moved.ended.items() if connection_id not in ids}
    async with _stopping(state["gate"], late) as stops:
        for connection_id, stop in stops.items():
            stop.epoch = late[connection_id]
    await sweep(state, until=began + KEPT_WAITING_S)
    return moved


@asynccontextmanager
async def _stopping(gate: StopGate, connection_ids: Iterable[str]) -> AsyncIterator[dict[str, Stop]]:
    """The gate closed for several connections; on leaving, their calls are cut and awaited side by side."""
    doors = {connection_id: gate.stopping(connection_id=connection_id) for connection_id in connection_ids}
    stops = {connection_id: await door.__aenter__() for connection_id, door in doors.items()}
    try:
        yield stops
    finally:
        error = sys.exc_info()
        await asyncio.gather(*(door.__aexit__(*error) for door in doors.values()), return_exceptions=True)


def _connections_to_stop(db: Db, settings: Settings, key: str, *, now: int) -> list[str]:
    owner = installation.owner_id(db, settings.owner_dropbox_account_id)
    person = people.find(db, key, owner=owner)
    if person.site_owner or person.account_id is None:
        return []
    minded = revocations.minded(db, person.account_id, owner=owner, now=now)
    return [each.connection_id for each in minded if each.stops and each.connection_id is not None]


def _revoke(db: Db, settings: Settings, key: str, *, decider: Decider, now: int) -> Moved:
    owner = installation.owner_id(db, settings.owner_dropbox_account_id)
    person = people.find(db, key, owner=owner)
    if person.site_owner or person.request_id is None:
        raise Conflict(OWNER_STAYS)
    return decisions.decide(
        db,
        person.request_id,
        Move.REVOKE,
        decider=decider,
        letterbox=Letterbox.of(settings),
        owner=owner,
        now=now,
    )
