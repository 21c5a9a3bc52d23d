"""What is tidied up by itself: what stops left behind, exports that are owed, and what has outlived its time."""

import asyncio
from collections.abc import Callable

import structlog

from rules.envelope import Keyring
from store import (
    api_tokens,
    approval_links,
    claim_links,
    devices,
    earlier_sending,
    export_stops,
    exports,
    notices,
    outbox,
    pending_grants,
    recent_decisions,
    retention,
    set_aside,
    verifications,
)
from store.database import Database
from store.media import Media

log = structlog.get_logger("housekeeping")

OWED_AT_ONCE = 100
MEDIA_AT_ONCE = 100


async def finish_stops(database: Database, now: Callable[[], int]) -> None:
    """Skip or carry over what waits under an epoch that is over, slice by slice, others' writes in between."""
    while await database.read(export_stops.anything_left):
        if not await database.write(export_stops.sweep, now=now()):
            return


async def enqueue_owed(database: Database, now: Callable[[], int]) -> None:
    """Make up for exports that could not be made when their result was stored, as long as that gets somewhere."""
    while await database.write(exports.enqueue_owed, now(), OWED_AT_ONCE) >= OWED_AT_ONCE:
        continue


async def send_earlier(database: Database, now: Callable[[], int]) -> None:
    """Enqueue the earlier results that editors asked for, slice by slice, others' writes in between."""
    while await database.read(earlier_sending.anything_to_send):
        await database.write(earlier_sending.send, now=now())


async def verify_all(database: Database, now: Callable[[], int]) -> None:
    """At night: have every project that exports compared with what lies in its Dropbox."""
    asked = await database.write(verifications.ask_for_all, now=now())
    log.info("projects are to be verified", count=asked)


async def heed_notices(database: Database, now: Callable[[], int]) -> None:
    """Look into what Dropbox told of, soon."""
    if await database.read(notices.anything_noted):
        await database.write(notices.heed, now=now())


async def end_trips(database: Database, keyring: Keyring, now: Callable[[], int]) -> None:
    """Forget round trips to Dropbox whose time is over; grants that nobody confirmed are revoked."""
    await database.write(pending_grants.expire, keyring=keyring, now=now())


async def remove_media(database: Database, media: Media, now: Callable[[], int]) -> None:
    """Remove the files of what was deleted from our disk; those in Dropbox stay. A crash in between repeats some."""
    loop, gone = asyncio.get_running_loop(), 0
    while found := await database.read(retention.leftovers, now=now()):
        for start in range(0, len(found), MEDIA_AT_ONCE):
            some = found[start : start + MEDIA_AT_ONCE]
            for key in (key for leftover in some for key in leftover.media_keys):
                await loop.run_in_executor(media.threads, media.delete, key)
            await database.write(retention.removed, [leftover.result_id for leftover in some], now=now())
        gone += len(found)
    while await database.write(retention.close_emptied, now=now()):
        continue
    if gone:
        log.info("removed the files of deleted results", results=gone)


async def condense(database: Database, now: Callable[[], int]) -> None:
    """Forget old tries, slice by slice; their counts stay."""
    while await database.write(retention.condense_attempts, now=now()):
        continue


async def forget_old(database: Database, now: Callable[[], int]) -> None:
    """Devices and tokens that ended by time, and mails, links and decisions that were done with long ago."""
    old = {
        "devices": devices.prune,
        "outbox": outbox.prune,
        "approval_links": approval_links.prune,
        "claim_links": claim_links.prune,
        "decisions": recent_decisions.prune,
        "set_aside": set_aside.prune,
        "api_tokens": api_tokens.prune,
    }
    forgotten = {what: await database.write(prune, now=now()) for what, prune in old.items()}
    if any(forgotten.values()):
        log.info("forgot what was old", **forgotten)
