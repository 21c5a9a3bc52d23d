"""What all tries share: the gate and the grant before a call, and how a try ends, decided by the table and written.

Which calls a try makes is known to delivery.py and commits.py.
"""

import asyncio
import itertools
import math
import random
import secrets
import sqlite3
from collections.abc import Awaitable, Callable, Sequence
from functools import partial

import structlog

from clients.dropbox import Dropbox, Metadata
from clients.dropbox_sessions import SessionLost
from clients.stop_gate import StopGate, Stopped
from rules.envelope import Unsealable
from rules.failures import DropboxFailure, Failure, FailureKind
from rules.retry import Pause, decide
from scheduler.dropboxes import Dropboxes
from scheduler.held import Ending, Held, Resting
from settings import Settings
from store import claims, endings
from store.claims import Claimed
from store.database import Database
from store.errors import NotFound
from store.losses import Loss
from store.mails import Letterbox

log = structlog.get_logger("tries")

LONGEST_WAIT_S = 30
REST_MS = 250


class Tries:
    """Made once, for all accounts."""

    def __init__(
        self, settings: Settings, database: Database, dropboxes: Dropboxes, gate: StopGate, now: Callable[[], int]
    ) -> None:
        self.database = database
        self.gate = gate
        self.now = now
        self._dropboxes = dropboxes
        self._keyring = settings.keyring
        self._loss = partial(
            Loss,
            keyring=self._keyring,
            letterbox=Letterbox.of(settings),
            configured_owner=settings.owner_dropbox_account_id,
        )
        boot = secrets.token_hex(8)
        self._claims = (f"{boot}:{number}" for number in itertools.count(1))
        self._taken = 0
        self._rested: dict[str, float] = {}

    async def take(self, account: str, *, most: int, budget: int) -> list[Held]:
        """Claim up to so many of the account's due exports."""
        claimed = await self.database.write(
            claims.claim, account=account, now=self.now(), claim=next(self._claims), most=most, budget=budget
        )
        return [self._held(each) for each in claimed]

    def _held(self, claimed: Claimed) -> Held:
        self._taken += 1
        return Held(claimed, self._taken, self.now(), session=claimed.session)

    def check_rest(self, held: Held) -> None:
        """Raise Resting if the connection was paused since the export was claimed."""
        if held.number <= self._rested.get(held.claimed.connection_id, -1):
            raise Resting

    async def dropbox(self, claimed: Claimed) -> tuple[Dropbox, str]:
        """The connection's client and its refresh token, asked for within the gate, so that a stop either is seen
        here or cuts what follows."""
        try:
            token = await self.database.read(claims.grant, claimed, self._keyring)
        except NotFound:
            token = None
        except Unsealable as error:
            log.error("a stored Dropbox token can't be opened", connection=claimed.connection_id, reason=str(error))
            raise DropboxFailure(Failure(FailureKind.NEEDS_REAUTH, "the stored token can't be opened")) from None
        if token is None:
            raise Stopped("the claim is gone")
        return self._dropboxes.of(claimed.connection_id, token), token

    async def run(self, held: Held, work: Callable[[Dropbox, Held], Awaitable[Metadata | None]]) -> Ending | None:
        """Try, and say how it ended; None: the data is there and waits to be committed.

        No failure gets past here: an export must not stay uploading for ever.
        """
        refused: str | None = None
        try:
            with self.gate.call(*held.subject) as call:
                call.cuts(held.line.cut)
                dropbox, refused = await self.dropbox(held.claimed)
                there = await work(dropbox, held)
            return None if there is None else self.exported(held, there)
        except Exception as error:
            return self.ending(held, error, refused)

    def exported(self, held: Held, there: Metadata) -> Ending:
        """The file is there."""
        return partial(endings.exported, file_id=there.id, rev=str(there.rev), started_at=held.started_at)

    def ending(self, held: Held, error: Exception, refused: str | None, *, counts: bool = True) -> Ending:
        """How a try ends that broke off with `error`; `refused` is the refresh token that was used."""
        match error:
            case Resting():
                return self.given_back(held)
            case Stopped():
                # While a stop is under way the gate lets nobody in: to claim the same export at once would be a race.
                return self.given_back(held, rest_ms=REST_MS)
            case SessionLost() if held.claimed.session is not None and held.session == held.claimed.session:
                # What an earlier try left there is gone, which is no failure of this one. Its next session is fresh.
                held.session = None
                return self.given_back(held)
            case DropboxFailure():
                if isinstance(error, SessionLost) or error.failure.kind is FailureKind.HASH_MISMATCH:
                    held.session = None
                return self._failed(held, error.failure, refused, counts=counts)
            case _:
                log.exception("a try broke", export=held.claimed.id)
                return self._failed(held, _broken(error), refused, counts=counts)

    def given_back(self, held: Held, *, rest_ms: int = 0) -> Ending:
        """As if it had not been tried, but for what lies at Dropbox."""
        return partial(claims.give_back, check_first=held.may_be_there, rest_ms=rest_ms, session=held.session)

    async def write(self, ended: Sequence[tuple[Held, Ending]]) -> None:
        """Write endings down, together: they share a commit."""
        await asyncio.gather(*(self._write(held, ending) for held, ending in ended))

    async def _write(self, held: Held, ending: Ending) -> None:
        """Write the ending down, however long that takes; one that the store refuses becomes a failure of ours."""
        for wait in itertools.chain((1, 2, 4, 8, 16), itertools.repeat(LONGEST_WAIT_S)):
            try:
                await self.database.write(ending, held.claimed, now=self.now())
                if held.pauses:
                    # From here on the row says it: whatever is claimed from now on may go.
                    self._rested[held.claimed.connection_id] = self._taken
                return
            except sqlite3.OperationalError:
                log.exception("the database takes no ending at the moment", export=held.claimed.id)
            except Exception as error:
                log.exception("an ending was refused", export=held.claimed.id)
                ending = self._failed(held, _broken(error), None)
            await asyncio.sleep(wait)

    def _failed(self, held: Held, failure: Failure, refused: str | None, *, counts: bool = True) -> Ending:
        claimed = held.claimed
        decision = decide(
            failure,
            attempt=claimed.attempts + 1,
            now=self.now(),
            jitter=random.uniform(-1, 1),  # noqa: S311 - spreads retries
            busy_in_a_row=claimed.busy_in_a_row + 1,
            previous=claimed.previous_failure,
        )
        held.failed, held.narrows = True, decision.halve_parallelism
        if isinstance(decision.connection, Pause):
            held.pauses = True
            self._rested[claimed.connection_id] = math.inf
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
            endings.failed,
            failure=failure,
            decision=decision,
            loss=self._loss(refused),
            started_at=held.started_at,
            session=held.session,
            counts=counts,
        )


def _broken(error: Exception) -> Failure:
    """A failure of our own, treated as if Dropbox had not answered."""
    return Failure(FailureKind.UNAVAILABLE, f"an error of ours ({type(error).__name__})", outcome_known=False)
