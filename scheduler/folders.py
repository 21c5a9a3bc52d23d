"""Whether a selected folder is still where it was: looked at once a minute, however many exports go into it."""

import asyncio
from collections.abc import Callable
from functools import partial

from clients.dropbox import Dropbox
from clients.dropbox_line import Line
from rules.failures import DropboxFailure, Failure, FailureKind
from rules.naming import path_key
from scheduler.calls import on_a_thread
from scheduler.held import Held, Resting
from store import claims
from store.claims import Claimed
from store.database import Database

LOOK_EVERY_MS = 60_000


class Folders:
    """Remembers looks that are under way, so that exports that begin together share one."""

    def __init__(self, database: Database, now: Callable[[], int]) -> None:
        self._database = database
        self._now = now
        self._looks: dict[tuple[str, str], tuple[int, asyncio.Future[None]]] = {}

    async def check(self, dropbox: Dropbox, held: Held) -> None:
        """Raises DropboxFailure, `folder_gone` if it is; Resting when another's look broke off."""
        claimed, now = held.claimed, self._now()
        if not _has_its_folder(claimed) or now - claimed.folder_checked_at < LOOK_EVERY_MS:
            return
        key = (claimed.project_id, claimed.folder_path)
        began, look = self._looks.get(key, (0, None))
        if look is None or now - began >= LOOK_EVERY_MS:
            await self._look(key, dropbox, held)
            return
        await asyncio.wait({look})
        error = look.exception()
        if isinstance(error, DropboxFailure) and error.failure.kind is FailureKind.FOLDER_GONE:
            raise error
        if error is not None:
            raise Resting

    async def _look(self, key: tuple[str, str], dropbox: Dropbox, held: Held) -> None:
        look: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        # Those that fail with it ask for its exception; nobody need.
        look.add_done_callback(lambda done: done.exception())
        now = self._now()
        self._looks = {each: kept for each, kept in self._looks.items() if now - kept[0] < LOOK_EVERY_MS}
        self._looks[key] = (now, look)
        try:
            folder_id = await on_a_thread(partial(_folder_id, dropbox, held.claimed, held.line), held.line)
            await self._database.write(claims.folder_seen, held.claimed, folder_id=folder_id, now=self._now())
        except BaseException as error:
            self._looks.pop(key, None)
            look.set_exception(error if isinstance(error, DropboxFailure) else Resting())
            raise
        look.set_result(None)


def _has_its_folder(claimed: Claimed) -> bool:
    """Whether it goes into a selected folder."""
    if not claimed.folder_path:
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
