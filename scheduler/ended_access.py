"""Access that ends without a page of ours: at the day that it was given until, or by a command beside the server.

The rows say so at once, and nothing new begins under them; here the uploads under way are cut.
"""

from collections.abc import Callable

import structlog

from clients.stop_gate import StopGate
from rules.approval import Move
from settings import Settings
from store import approvals, claims, decisions, installation
from store.connect import Db
from store.database import Database
from store.decisions import Decider
from store.mails import Letterbox

log = structlog.get_logger("access")

AT_ONCE = 20
BY_RULE = Decider(by=None, way="rule")


async def end_access(database: Database, settings: Settings, gate: StopGate, now: Callable[[], int]) -> None:
    """Take back the approvals whose day is over, with everything that hangs on them."""
    ended = 0
    while ids := await database.read(_ending, settings, now=now()):
        for request_id in ids:
            await database.write(_end, settings, request_id, now=now())
        ended += len(ids)
    if ended:
        log.info("access ended by itself", count=ended)
        await cut_overtaken(database, gate)


async def cut_overtaken(database: Database, gate: StopGate) -> None:
    """Cut the calls under way for connections whose rows have gone on to a newer epoch without passing the gate."""
    under_way = gate.under_way()
    if not under_way:
        return
    epochs = await database.read(claims.connection_epochs, list(under_way))
    for connection_id, oldest in under_way.items():
        newest = epochs.get(connection_id, oldest)
        if newest > oldest:
            async with gate.stopping(connection_id=connection_id) as stop:
                stop.epoch = newest


def _ending(db: Db, settings: Settings, *, now: int, request_id: str | None = None) -> list[str]:
    owner = installation.owner_id(db, settings.owner_dropbox_account_id)
    return approvals.ending(db, owner=owner, now=now, most=AT_ONCE, request_id=request_id)


def _end(db: Db, settings: Settings, request_id: str, *, now: int) -> None:
    """Unless the approval was given a later day since it was found."""
    if _ending(db, settings, now=now, request_id=request_id):
        decisions.decide(
            db,
            request_id,
            Move.REVOKE,
            decider=BY_RULE,
            letterbox=Letterbox.of(settings),
            owner=installation.owner_id(db, settings.owner_dropbox_account_id),
            now=now,
        )
