"""One export's way into Dropbox, once it is claimed and the gate is passed: folder, source, what is there, the bytes.

What becomes of the export afterwards is pump.py's part.
"""

from collections.abc import Callable
from functools import partial

from clients.dropbox import SINGLE_REQUEST_BYTES, Dropbox, Metadata, Source
from clients.dropbox_line import Line
from rules.failures import DropboxFailure, Failure, FailureKind
from rules.naming import path_key
from scheduler.calls import on_a_thread
from store import claims
from store.claims import Claimed
from store.database import Database
from store.media import Media

LOOK_AT_FOLDER_EVERY_MS = 60_000


class Delivery:
    """Raises DropboxFailure and Stopped; what it returns lies in Dropbox under the export's path, byte for byte."""

    def __init__(self, database: Database, media: Media, now: Callable[[], int]) -> None:
        self._database = database
        self._media = media
        self._now = now

    async def deliver(self, dropbox: Dropbox, claimed: Claimed, line: Line) -> Metadata:
        """Bring the file there, or find it there."""
        if _needs_its_folder(claimed, self._now()):
            folder_id = await on_a_thread(partial(_folder_id, dropbox, claimed, line), line)
            await self._database.write(claims.folder_seen, claimed, folder_id=folder_id, now=self._now())
        return await on_a_thread(partial(self._send, dropbox, claimed, line), line)

    def _send(self, dropbox: Dropbox, claimed: Claimed, line: Line) -> Metadata:
        source = Source(partial(self._media.open_range, claimed.media_key), claimed.size, claimed.content_hash)
        if claimed.check_first:
            there = dropbox.stat(claimed.destination_path, line=line)
            if there is not None and there.holds(source):
                return there
        if self._media.stat(claimed.media_key) != claimed.size:
            raise DropboxFailure(Failure(FailureKind.SOURCE_MISSING, "our copy is gone or has another size"))
        send = dropbox.upload if claimed.size <= SINGLE_REQUEST_BYTES else dropbox.upload_large
        return send(source, claimed.destination_path, taken_at=claimed.taken_at, line=line)


def _needs_its_folder(claimed: Claimed, now: int) -> bool:
    """Whether it goes into a selected folder that has not been looked at for a while."""
    if not claimed.folder_path or now - claimed.folder_checked_at < LOOK_AT_FOLDER_EVERY_MS:
        return False
    return path_key(claimed.destination_path).startswith(path_key(claimed.folder_path) + "/")


def _folder_id(dropbox: Dropbox, claimed: Claimed, line: Line) -> str | None:
    """The selected folder's Dropbox id; None for one that was named but never was there: the first upload makes it.

    A folder that was known and lies in its place no more would be made silently by the next upload, although somebody
    removed or moved it: `folder_gone`, unless a folder of the same name stands there again.
    """
    wanted = path_key(claimed.folder_path)
    if claimed.folder_id is not None:
        known = dropbox.stat(claimed.folder_id, line=line)
        if known is not None and path_key(known.path_display) == wanted:
            return known.id
    there = dropbox.stat(claimed.folder_path, line=line)
    if there is not None and there.is_folder:
        return there.id
    if claimed.folder_id is not None:
        raise DropboxFailure(Failure(FailureKind.FOLDER_GONE, claimed.folder_path))
    return None
