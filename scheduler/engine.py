"""The engine: everything that goes on without anybody asking, started and ended in order. Made in app.py's lifespan."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress

import structlog

from clients.dropbox_oauth import DropboxOAuth
from clients.stop_gate import StopGate
from clients.web import Web
from scheduler import housekeeping, outbox
from scheduler.clock import now_ms
from scheduler.commits import Commits
from scheduler.delivery import Delivery
from scheduler.dispatcher import Dispatcher
from scheduler.dropboxes import Dropboxes
from scheduler.ended_access import cut_overtaken, end_access
from scheduler.fetcher import Fetcher, resolve
from scheduler.timetable import timetable
from scheduler.tries import Tries
from scheduler.verifier import Verifier
from settings import Settings
from store import claims
from store.connect import DATABASE_FILE
from store.database import Database, ForeignCommits
from store.media import Media

log = structlog.get_logger("engine")

FINISH_S = 4.5
"""How long uploads may go on after the signal; then they are cut and given back."""

CUT_S = 1.0
"""How long what was cut may take to say so. Both together stay below the six seconds of DESIGN.md §6."""

ALIVE_S = 60.0


class Engine:
    """`bell` is the event that the database's commits set: it wakes the dispatcher."""

    def __init__(
        self,
        settings: Settings,
        database: Database,
        media: Media,
        oauth: DropboxOAuth,
        gate: StopGate,
        bell: asyncio.Event,
        now: Callable[[], int] = now_ms,
    ) -> None:
        self._settings = settings
        self._database = database
        self._media = media
        self._oauth = oauth
        self._gate = gate
        self._bell = bell
        self._now = now
        self._dropboxes = Dropboxes(settings, oauth, now)
        self._fetcher = Fetcher(database, media, Web(resolve), settings.keyring, now, most=settings.max_result_bytes)
        self._verifier = Verifier(settings, database, self._dropboxes, gate, now)
        tries = Tries(settings, database, self._dropboxes, gate, now)
        delivery, commits = Delivery(database, media, now), Commits(tries, media)
        self._dispatcher = Dispatcher(database, tries, delivery, commits, bell, now)
        self._dispatching: asyncio.Task[None] | None = None
        self._draining: asyncio.Task[None] | None = None
        self._foreign: ForeignCommits | None = None

    async def start(self) -> None:
        """Put back what a crash left claimed, then begin."""
        recovered = await self._database.write(claims.recover, now=self._now())
        if recovered:
            log.info("recovered exports that were being uploaded", count=recovered)
        await self._fetcher.recover()
        await self._verifier.recover()
        self._foreign = ForeignCommits(self._settings.data_dir / DATABASE_FILE)
        self._clock = timetable(self._jobs())
        self._clock.start()
        self._dispatching = asyncio.create_task(self._dispatcher.run())

    def ring_stop(self) -> None:
        """At the signal: nothing more is claimed, and what is under way drains beside the last requests."""
        if self._dispatching is not None and self._draining is None:
            self._dispatcher.close()
            self._fetcher.close()
            self._verifier.close()
            self._draining = asyncio.create_task(self._dispatcher.drain(finish_s=FINISH_S, cut_s=CUT_S))

    async def stop(self) -> None:
        """Drain if the signal has not done so, then end everything. The database must still be open."""
        if self._dispatching is None:
            return
        self.ring_stop()
        assert self._draining is not None
        await self._draining
        await self._fetcher.stop()
        await self._verifier.stop()
        self._clock.shutdown(wait=False)
        dispatching, self._dispatching = self._dispatching, None
        with suppress(TimeoutError):
            async with asyncio.timeout(CUT_S):
                await dispatching
        try:
            await self._database.write(claims.recover, now=self._now())
        except Exception:
            # The next start does the same.
            log.exception("what was cut could not be given back")
        self._dropboxes.close()
        if self._foreign is not None:
            self._foreign.close()

    def alive(self) -> bool:
        """For /readyz: the dispatcher looks for work and the clock runs."""
        running = self._dispatching is not None and not self._dispatching.done() and self._clock.running
        return bool(running) and self._dispatcher.idle_s() < ALIVE_S

    def _jobs(self) -> dict[str, Callable[[], Awaitable[None]]]:
        database, now, keyring = self._database, self._now, self._settings.keyring

        async def tick() -> None:
            self._bell.set()

        async def watch_foreign_commits() -> None:
            if self._foreign is not None and self._foreign.any_new():
                self._bell.set()
                await cut_overtaken(database, self._gate)

        async def deliver_outbox() -> None:
            await outbox.deliver_due(database, self._settings, self._oauth, now=now())

        return {
            "tick": tick,
            "watch_foreign_commits": watch_foreign_commits,
            "end_access": lambda: end_access(database, self._settings, self._gate, now),
            "fetch": self._fetcher.look,
            "finish_stops": lambda: housekeeping.finish_stops(database, now),
            "deliver_outbox": deliver_outbox,
            "enqueue_owed": lambda: housekeeping.enqueue_owed(database, now),
            "verify": self._verifier.look,
            "heed_notices": lambda: housekeeping.heed_notices(database, now),
            "verify_all": lambda: housekeeping.verify_all(database, now),
            "send_earlier": lambda: housekeeping.send_earlier(database, now),
            "end_trips": lambda: housekeeping.end_trips(database, keyring, now),
            "remove_media": lambda: housekeeping.remove_media(database, self._media, now),
            "condense": lambda: housekeeping.condense(database, now),
            "forget_old": lambda: housekeeping.forget_old(database, now),
            "tidy_database": database.tidy,
        }
