"""Verifies projects in the background: lists what lies in Dropbox, and compares it with what was exported there.

A project that was listed before costs one call while nothing changes. Nothing is ever written to Dropbox here.
"""

import asyncio
import itertools
import random
import secrets
from collections.abc import Callable
from functools import partial

import structlog

from clients.dropbox_line import Line
from clients.dropbox_listing import CursorGone, Listing, Page
from clients.stop_gate import StopGate, Stopped
from rules.envelope import Unsealable
from rules.failures import DropboxFailure, Failure, FailureKind
from rules.retry import delay_ms
from scheduler.calls import on_a_thread
from scheduler.dropboxes import Dropboxes
from settings import Settings
from store import connections, losses, seen_files, verification_tries
from store.database import Database
from store.errors import NotFound
from store.losses import Loss
from store.mails import Letterbox
from store.seen_files import Folder, Target
from store.verification_tries import Claimed

AT_ONCE = 2
TRIES = 6
REST_MS = 5_000
RATE_LIMIT_S = 15
SLICE = 200

_WAITS = frozenset({FailureKind.RATE_LIMITED, FailureKind.BUSY, FailureKind.UNAVAILABLE})

log = structlog.get_logger("verifier")


class Verifier:
    """Made and used in the event loop; `look` is called every now and then."""

    def __init__(
        self, settings: Settings, database: Database, dropboxes: Dropboxes, gate: StopGate, now: Callable[[], int]
    ) -> None:
        self._database = database
        self._dropboxes = dropboxes
        self._gate = gate
        self._now = now
        self._keyring = settings.keyring
        self._loss = partial(
            Loss,
            keyring=settings.keyring,
            letterbox=Letterbox.of(settings),
            configured_owner=settings.owner_dropbox_account_id,
        )
        self._tasks: set[asyncio.Task[None]] = set()
        self._lines: set[Line] = set()
        self._closed = False
        boot = secrets.token_hex(8)
        self._claims = (f"{boot}:{number}" for number in itertools.count(1))

    async def recover(self) -> None:
        """At start: what a crash left running begins again."""
        await self._database.write(verification_tries.recover, now=self._now())

    async def look(self) -> None:
        """Begin what is due and has room. Returns at once."""
        while not self._closed and len(self._tasks) < AT_ONCE:
            if not await self._database.read(verification_tries.any_due, now=self._now()):
                return
            claimed = await self._database.write(verification_tries.claim, now=self._now(), claim=next(self._claims))
            if claimed is None:
                return
            task = asyncio.create_task(self._try(claimed))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    def close(self) -> None:
        """At the signal: nothing more is begun, and calls under way are cut."""
        self._closed = True
        for line in list(self._lines):
            line.cut()

    async def stop(self) -> None:
        """Close, and wait until everything is given back. The database must still be open."""
        self.close()
        await self.ended()

    async def ended(self) -> None:
        """Wait until what is under way has ended by itself."""
        while self._tasks:
            await asyncio.wait(self._tasks)

    async def _try(self, claimed: Claimed) -> None:
        refused: str | None = None
        target = await self._database.read(seen_files.target, claimed.project_id)
        try:
            if target is None:
                raise DropboxFailure(Failure(FailureKind.DISCONNECTED))
            if target.paused_until > self._now():
                await self._put_off(claimed, target.paused_until, spent=False)
                return
            refused = await self._grant(target)
            for folder in target.folders:
                await self._list(claimed, target, folder, refused)
            await self._compare(claimed, target)
        except Stopped:
            await self._put_off(claimed, self._now() + REST_MS, spent=False)
        except DropboxFailure as failed:
            await self._failed(claimed, target, failed.failure, refused)
        except Exception as error:
            log.exception("a verification broke", project=claimed.project_id)
            failure = Failure(FailureKind.UNAVAILABLE, f"an error of ours ({type(error).__name__})")
            await self._failed(claimed, target, failure, None)

    async def _grant(self, target: Target) -> str:
        try:
            return await self._database.read(connections.token, target.connection_id, self._keyring)
        except NotFound:
            raise Stopped("the connection is gone") from None
        except Unsealable:
            raise DropboxFailure(Failure(FailureKind.NEEDS_REAUTH, "the stored token can't be opened")) from None

    async def _list(self, claimed: Claimed, target: Target, folder: Folder, token: str) -> None:
        """Everything below the folder, or what changed there since the last time."""
        listing = Listing(self._dropboxes.of(target.connection_id, token))
        cursor = folder.cursor
        while True:
            try:
                page = await self._page(target, listing, folder, cursor)
            except CursorGone:
                await self._database.write(seen_files.forget, target, folder)
                cursor = None
                continue
            if page is None:
                await self._database.write(seen_files.forget, target, folder)
                return
            if cursor is None:
                await self._database.write(seen_files.forget, target, folder)
            entries = [(each.path, each.gone, each.content_hash) for each in page.entries]
            cursor = page.cursor
            await self._database.write(
                seen_files.record, target, folder, entries, cursor=cursor, verification_id=claimed.id, now=self._now()
            )
            if not page.more:
                return

    async def _page(self, target: Target, listing: Listing, folder: Folder, cursor: str | None) -> Page | None:
        line = Line()
        self._lines.add(line)
        try:
            if self._closed:
                raise Stopped("the program ends")
            with self._gate.call(
                target.connection_id, target.connection_epoch, target.project_id, target.settings_epoch
            ) as call:
                call.cuts(line.cut)
                ask = (
                    partial(listing.begin, folder.path, line=line)
                    if cursor is None
                    else partial(listing.go_on, cursor, line=line)
                )
                return await on_a_thread(ask, line)
        finally:
            self._lines.discard(line)

    async def _compare(self, claimed: Claimed, target: Target) -> None:
        after, total = (0, ""), 0
        while True:
            compared = await self._database.read(seen_files.compare, target, before=claimed.started_at, after=after)
            total += compared.many
            for start in range(0, len(compared.wrong), SLICE):
                await self._database.write(
                    verification_tries.add_findings, claimed, compared.wrong[start : start + SLICE]
                )
            if compared.after is None:
                break
            after = compared.after
        await self._database.write(verification_tries.finish, claimed, total=total, now=self._now())

    async def _failed(self, claimed: Claimed, target: Target | None, failure: Failure, refused: str | None) -> None:
        log.warning("not verified", project=claimed.project_id, kind=failure.kind, detail=failure.detail)
        attempt = claimed.attempts + 1
        if failure.kind is FailureKind.NEEDS_REAUTH and target is not None:
            await self._database.write(losses.lose, target.connection_id, self._loss(refused), now=self._now())
        if failure.kind not in _WAITS or attempt >= TRIES:
            await self._database.write(verification_tries.fail, claimed, failure.kind, now=self._now())
            return
        asked = failure.retry_after or (RATE_LIMIT_S if failure.kind is FailureKind.RATE_LIMITED else 0)
        wait = max(delay_ms(attempt, random.uniform(-1, 1)), asked * 1000)  # noqa: S311 - jitter
        limited = failure.kind is FailureKind.RATE_LIMITED
        if limited and target is not None:
            until = self._now() + asked * 1000
            await self._database.write(connections.rest, target.connection_id, until=until, now=self._now())
        await self._put_off(claimed, self._now() + wait, spent=not limited)

    async def _put_off(self, claimed: Claimed, due_at: int, *, spent: bool) -> None:
        await self._database.write(verification_tries.put_off, claimed, due_at=due_at, spent=spent)
