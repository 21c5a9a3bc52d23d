"""One export's bytes on their way to Dropbox, once it is claimed and the gate is passed: found there, or sent.

A large file goes in chunks, and is recorded after each of them. Commits of sessions are commits.py's part; what
becomes of the export afterwards is pump.py's.
"""

from collections.abc import Callable
from functools import partial

from clients import dropbox_sessions as sessions
from clients.dropbox import Dropbox, Metadata
from clients.dropbox_sessions import SessionLost, SessionMoved
from clients.file_range import FileRange
from rules.content_hash import ContentHash
from rules.failures import DropboxFailure, Failure, FailureKind
from rules.upload_sessions import MIB, UploadSession, next_chunk_bytes
from scheduler.calls import on_a_thread
from scheduler.folders import Folders
from scheduler.held import Held
from store import export_sessions
from store.database import Database
from store.media import Media

SINGLE_REQUEST_BYTES = 16 * MIB
"""Up to here a file's data goes in one request; a larger one would lose too much when the line breaks."""

QUICK_BYTES = MIB
"""Up to here sending a file takes hardly longer than a commit."""

MOST_MENDINGS = 3
"""How often in one try a session may turn out to be another than we thought."""

GoOn = Callable[[Held], None]
"""Asked before each call; raises Resting when it must not begin."""


class Delivery:
    """Raises DropboxFailure, Stopped and Resting."""

    def __init__(self, database: Database, media: Media, now: Callable[[], int]) -> None:
        self._database = database
        self._media = media
        self._folders = Folders(database, now)
        self._now = now

    def takes_one_call(self, held: Held, *, alone: bool) -> bool:
        """Whether `whole` may bring it: nothing lies there yet, and it holds the commit slot not for long."""
        return held.session is None and held.claimed.size <= (SINGLE_REQUEST_BYTES if alone else QUICK_BYTES)

    async def whole(self, dropbox: Dropbox, held: Held, go_on: GoOn) -> Metadata:
        """Bring a small file there by one call that sends and commits, or find it there."""
        await self._folders.check(dropbox, held)
        return await on_a_thread(partial(self._upload, dropbox, held, go_on), held.line)

    async def data(self, dropbox: Dropbox, held: Held, go_on: GoOn) -> Metadata | None:
        """Find the file there, or bring its data there: then `held.session` is closed and waits to be committed."""
        await self._folders.check(dropbox, held)
        if held.session is not None and not held.session.is_good(self._now()):
            held.session = None
        if held.claimed.size <= SINGLE_REQUEST_BYTES:
            return await on_a_thread(partial(self._start, dropbox, held, go_on), held.line)
        there = await on_a_thread(partial(self._look, dropbox, held, go_on), held.line)
        if there is None and not held.is_sent:
            await self._chunks(dropbox, held, go_on)
        return there

    def _look(self, dropbox: Dropbox, held: Held, go_on: GoOn) -> Metadata | None:
        """What an earlier try brought there, if it is there; otherwise make sure that we have it to send."""
        source = held.source(self._media)
        if held.claimed.check_first:
            go_on(held)
            there = dropbox.stat(held.claimed.destination_path, line=held.line)
            if there is not None and there.holds(source):
                return there
        if not held.is_sent and self._media.stat(held.claimed.media_key) != held.claimed.size:
            raise DropboxFailure(Failure(FailureKind.SOURCE_MISSING, "our copy is gone or has another size"))
        go_on(held)
        return None

    def _upload(self, dropbox: Dropbox, held: Held, go_on: GoOn) -> Metadata:
        there = self._look(dropbox, held, go_on)
        if there is not None:
            return there
        claimed, source = held.claimed, held.source(self._media)
        held.commits = True
        try:
            return dropbox.upload(source, claimed.destination_path, taken_at=claimed.taken_at, line=held.line)
        except DropboxFailure as failed:
            held.session = sessions.kept(failed, source, self._now())
            raise

    def _start(self, dropbox: Dropbox, held: Held, go_on: GoOn) -> Metadata | None:
        there = self._look(dropbox, held, go_on)
        if there is None and not held.is_sent:
            whole = FileRange.known(held.source(self._media).opens, 0, held.claimed.size, held.claimed.content_hash)
            held.session = sessions.start(dropbox, whole, close=True, now=self._now(), line=held.line)
        return there

    async def _chunks(self, dropbox: Dropbox, held: Held, go_on: GoOn) -> None:
        """Send what is left, chunk by chunk, each recorded before the next one begins."""
        hashed, mendings = await self._hashed(held), 0
        length, took_ms = 0, 0
        while not held.is_sent:
            go_on(held)
            length, began = next_chunk_bytes(length, took_ms), self._now()
            try:
                session = await on_a_thread(partial(self._chunk, dropbox, held, length, hashed), held.line)
            except (SessionLost, SessionMoved) as other:
                mendings += 1
                if mendings > MOST_MENDINGS:
                    raise _odd() from None
                held.session = _as_dropbox_has_it(held, other)
                hashed, length = await self._hashed(held), 0
                continue
            took_ms = self._now() - began
            await self._record(held, session)

    def _chunk(self, dropbox: Dropbox, held: Held, length: int, hashed: ContentHash) -> UploadSession:
        """Send the next chunk; the last one closes the session, if the whole file is what it was when it came in."""
        offset = held.session.offset if held.session else 0
        length = min(length, held.claimed.size - offset)
        chunk = FileRange.measured(held.source(self._media).opens, offset, length, hashed)
        last = offset + length == held.claimed.size
        if last and hashed.hexdigest() != held.claimed.content_hash:
            held.session = None
            raise DropboxFailure(Failure(FailureKind.SOURCE_MISSING, "our copy holds other bytes than it did"))
        if held.session is None:
            return sessions.start(dropbox, chunk, close=last, now=self._now(), line=held.line)
        return sessions.append(dropbox, held.session, chunk, close=last, line=held.line)

    async def _hashed(self, held: Held) -> ContentHash:
        """The hash of what lies in the session, read again from our disk."""
        hashed = ContentHash()
        if held.session is not None and held.session.offset:
            opens, length = held.source(self._media).opens, held.session.offset
            await on_a_thread(partial(FileRange.measured, opens, 0, length, hashed), held.line)
        return hashed

    async def _record(self, held: Held, session: UploadSession) -> None:
        held.session = session
        claimed = held.claimed
        ours = await self._database.write(export_sessions.grown, claimed.id, claimed.claim, session, now=self._now())
        if not ours:
            held.line.cut()
            held.line.check()


def _as_dropbox_has_it(held: Held, other: SessionLost | SessionMoved) -> UploadSession | None:
    """The session as it is at Dropbox; None when it must be begun anew."""
    session = held.session
    if session is None or isinstance(other, SessionLost) or not 0 <= other.offset <= held.claimed.size:
        return None
    return UploadSession(session.id, other.offset, session.started_at)


def _odd() -> DropboxFailure:
    return DropboxFailure(Failure(FailureKind.UNAVAILABLE, "the upload session changed again and again"))
