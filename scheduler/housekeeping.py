"""What is tidied up by itself: what stops left behind, exports that are owed, and what has outlived its time."""

from collections.abc import Callable

import structlog

from rules.envelope import Keyring
from store import devices, export_stops, exports, outbox, pending_grants
from store.database import Database

log = structlog.get_logger("housekeeping")

OWED_AT_ONCE = 100


async def finish_stops(database: Database, now: Callable[[], int]) -> None:
    """Skip or carry over what waits under an epoch that is over, slice by slice, others' writes in between."""
    while await database.read(export_stops.anything_left):
        if not await database.write(export_stops.sweep, now=now()):
            return


async def enqueue_owed(database: Database, now: Callable[[], int]) -> None:
    """Make up for exports that could not be made when their result was stored, as long as that gets somewhere."""
    while await database.write(exports.enqueue_owed, now(), OWED_AT_ONCE) >= OWED_AT_ONCE:
        continue


async def end_trips(database: Database, keyring: Keyring, now: Callable[[], int]) -> None:
    """Forget round trips to Dropbox whose time is over; grants that nobody confirmed are revoked."""
    await database.write(pending_grants.expire, keyring=keyring, now=now())


async def forget_old(database: Database, now: Callable[[], int]) -> None:
    """Devices that are signed out by time, and mails and revocations that were done with long ago."""
    forgotten = {
        "devices": await database.write(devices.prune, now=now()),
        "outbox": await database.write(outbox.prune, now=now()),
    }
    if any(forgotten.values()):
        log.info("forgot what was old", **forgotten)
