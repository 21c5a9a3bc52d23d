"""One export of a Dropbox account from claim to ending. Its caller sees to it that each account has one turn at a time.

Whose turn it is, dispatcher.py decides; how the bytes get there, delivery.py knows.
"""

import asyncio
import itertools
import random
import secrets
import sqlite3
from collections.abc import Callable
from functools import partial
from typing import Any

import structlog

from clients.dropbox_line import Line
from clients.stop_gate import StopGate, Stopped
from rules.envelope import Unsealable
from rules.failures import DropboxFailure, Failure, FailureKind
from rules.retry import decide
from scheduler.delivery import Delivery
from scheduler.dropboxes import Dropboxes
from settings import Settings
from store import claims, endings
from store.claims import Claimed
from store.database import Database
from store.errors import NotFound
from store.losses import Loss
from store.mails import Letterbox

log = structlog.get_logger("pump")

LONGEST_WAIT_S = 30
REST_MS = 250
Ending = Callable[..., Any]


class Pump:
    """Tries exports. Made once; `turn` may run for many accounts at once."""

    def __init__(
        self,
        settings: Settings,
        database: Database,
        delivery: Delivery,
        dropboxes: Dropboxes,
        gate: StopGate,
        now: Callable[[], int],
    ) -> None:
        self._database = database
        self._delivery = delivery
        self._dropboxes = dropboxes
        self._gate = gate
        self._now = now
        self._keyring = settings.keyring
        self._loss = partial(
            Loss,
            keyring=self._keyring,
            letterbox=Letterbox.of(settings),
            configured_owner=settings.owner_dropbox_account_id,
        )
        boot = secrets.token_hex(8)
        self._claims = (f"{boot}:{number}" for number in itertools.count(1))
        self._lines: set[Line] = set()

    async def turn(self, account: str) -> bool:
        """Try the account's longest due export; False when nothing was due."""
        taken = await self._database.write(claims.claim, account=account, now=self._now(), claim=next(self._claims))
        for claimed in taken:
            await self._try(claimed)
        return bool(taken)

    def cut(self) -> None:
        """End all tries under way: they are given back."""
        for line in list(self._lines):
            line.cut()

    async def _try(self, claimed: Claimed) -> None:
        line, started_at = Line(), self._now()
        self._lines.add(line)
        try:
            ending = await self._ending(claimed, line, started_at)
        finally:
            self._lines.discard(line)
        await self._write(claimed, ending, started_at)

    async def _ending(self, claimed: Claimed, line: Line, started_at: int) -> Ending:
        """Try, and say how it ended. No failure gets past here: an export must not stay uploading for ever."""
        refused: str | None = None
        try:
            with self._gate.call(
                claimed.connection_id, claimed.connection_epoch, claimed.project_id, claimed.settings_epoch
            ) as call:
                call.cuts(line.cut)
                refused = await self._grant(claimed)
                dropbox = self._dropboxes.of(claimed.connection_id, refused)
                there = await self._delivery.deliver(dropbox, claimed, line)
            assert there.rev is not None
            return partial(endings.exported, file_id=there.id, rev=there.rev, started_at=started_at)
        except Stopped:
            # Bytes may have been on the wire when it was cut. While a stop is under way the gate lets nobody in, and
            # to claim the same export again at once would be a race.
            return partial(claims.give_back, check_first=line.sent, rest_ms=REST_MS)
        except DropboxFailure as failed:
            return self._failed(claimed, failed.failure, refused, started_at)
        except Exception as error:
            log.exception("a try broke", export=claimed.id)
            return self._failed(claimed, _broken(error), refused, started_at)

    async def _grant(self, claimed: Claimed) -> str:
        """The refresh token, asked for within the gate, so that a stop either is seen here or cuts what follows."""
        try:
            token = await self._database.read(claims.grant, claimed, self._keyring)
        except NotFound:
            token = None
        except Unsealable as error:
            log.error("a stored Dropbox token can't be opened", connection=claimed.connection_id, reason=str(error))
            raise DropboxFailure(Failure(FailureKind.NEEDS_REAUTH, "the stored token can't be opened")) from None
        if token is None:
            raise Stopped("the claim is gone")
        return token

    def _failed(self, claimed: Claimed, failure: Failure, refused: str | None, started_at: int) -> Ending:
        decision = decide(
            failure,
            attempt=claimed.attempts + 1,
            now=self._now(),
            jitter=random.uniform(-1, 1),  # noqa: S311 - spreads retries
            busy_in_a_row=claimed.busy_in_a_row + 1,
            previous=claimed.previous_failure,
        )
        tell = log.error if decision.loud else log.warning
        tell(
            "a try failed",
            export=claimed.id,
            kind=failure.kind,
            detail=failure.detail,
            dropbox_request_id=failure.request_id,
            next_state=decision.next_state,
        )
        return partial(
            endings.failed, failure=failure, decision=decision, loss=self._loss(refused), started_at=started_at
        )

    async def _write(self, claimed: Claimed, ending: Ending, started_at: int) -> None:
        """Write the ending down, however long that takes; one that the store refuses becomes a failure of ours."""
        for wait in itertools.chain((1, 2, 4, 8, 16), itertools.repeat(LONGEST_WAIT_S)):
            try:
                await self._database.write(ending, claimed, now=self._now())
                return
            except sqlite3.OperationalError:
                log.exception("the database takes no ending at the moment", export=claimed.id)
            except Exception as error:
                log.exception("an ending was refused", export=claimed.id)
                ending = self._failed(claimed, _broken(error), None, started_at)
            await asyncio.sleep(wait)


def _broken(error: Exception) -> Failure:
    """A failure of our own, treated as if Dropbox had not answered."""
    return Failure(FailureKind.UNAVAILABLE, f"an error of ours ({type(error).__name__})", outcome_known=False)
