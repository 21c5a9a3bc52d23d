"""The bytes of artifacts on our disk, under generated keys: put, open a range, stat, delete, list.

What the bytes mean is in artifacts.py; no name that a person chose ever becomes a name on this disk.
"""

import re
import secrets
import shutil
import threading
from collections.abc import Collection, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import BinaryIO

from store.incoming import FULL_DISK, Incoming, NoRoom, Stored
from store.key_files import FOLDER_MODE, sync_folder
from store.stretch import open_stretch

THREADS = 4
LEAST_FREE_BYTES = 500_000_000
"""The disk floor: below it nothing more is taken in, so that the database can go on."""

KEY = re.compile(r"[0-9a-f]{32}")


class Media:
    """The media folder. Its blocking work runs on `threads`, so that an fsync never holds up the event loop."""

    def __init__(self, data_dir: Path, *, floor: int = LEAST_FREE_BYTES) -> None:
        self._shelves = data_dir / "media"
        self._incoming = data_dir / "incoming"
        self.floor = floor
        self._making = threading.Lock()
        self.threads = ThreadPoolExecutor(THREADS, thread_name_prefix="media")
        for folder in (self._shelves, self._incoming):
            folder.mkdir(mode=FOLDER_MODE, parents=True, exist_ok=True)

    def close(self) -> None:
        """End the threads; what they have begun is finished first."""
        self.threads.shutdown(wait=True)

    def receive(self, beside: str | None = None) -> Incoming:
        """A new file to write into. `beside` names one that it will be kept with: one folder to sync, not two."""
        shelf = beside[:2] if beside else secrets.token_hex(1)
        key = f"{shelf}{secrets.token_hex(15)}"
        return Incoming(self._incoming / f"{key}.part", key, floor=self.floor)

    def check_room(self, coming: int = 0) -> None:
        """Raise NoRoom when the disk is below its floor, or would be after so many more bytes."""
        if shutil.disk_usage(self._incoming).free - coming < self.floor:
            raise NoRoom

    def keep(self, received: Sequence[Incoming]) -> list[Stored]:
        """Put whole files on their shelves: bytes and names are on disk when this returns.

        Each leaves a mark in the incoming folder until `settle`: a crash before the rows are written leaves it too,
        and the next start knows what nobody refers to.
        """
        stored = [incoming.finish() for incoming in received]
        try:
            for incoming in received:
                self._mark(incoming.key).touch(mode=0o600)
                self._make_shelf(self._path(incoming.key).parent)
                incoming.path.replace(self._path(incoming.key))
            for shelf in {self._path(incoming.key).parent for incoming in received}:
                sync_folder(shelf)
        except BaseException as error:
            self.settle([incoming.key for incoming in received], wanted=())
            if isinstance(error, OSError) and error.errno in FULL_DISK:
                raise NoRoom from error
            raise
        return stored

    def settle(self, keys: Iterable[str], wanted: Collection[str]) -> None:
        """The rows are written, or never will be: delete what is not `wanted`, and forget the marks of all `keys`."""
        for key in keys:
            if key not in wanted:
                self.delete(key)
            self._mark(key).unlink(missing_ok=True)

    def unsettled(self) -> list[str]:
        """Keys of files that were put on their shelves but not settled, and removes what never got so far.

        Only at start, before anything is received.
        """
        for part in self._incoming.glob("*.part"):
            part.unlink()
        return [mark.stem for mark in self._incoming.glob("*.kept") if KEY.fullmatch(mark.stem)]

    def put(self, chunks: Iterable[bytes]) -> Stored:
        """Take a whole stream at once and settle it. Raises NoRoom; nothing is left then."""
        incoming = self.receive()
        try:
            for chunk in chunks:
                incoming.write(chunk)
            stored = self.keep([incoming])
        except BaseException:
            incoming.drop()
            raise
        self.settle([incoming.key], wanted=[incoming.key])
        return stored[0]

    def open_range(self, key: str, start: int, length: int) -> BinaryIO:
        """At most `length` bytes from `start`, as a stream that the caller closes. FileNotFoundError when deleted."""
        return open_stretch(self._path(key), start, length)

    def stat(self, key: str) -> int | None:
        """The size in bytes, None when there is no such file."""
        try:
            return self._path(key).stat().st_size
        except FileNotFoundError:
            return None

    def delete(self, key: str) -> None:
        """Remove the file; one that is gone already is fine."""
        self._path(key).unlink(missing_ok=True)

    def keys(self) -> Iterator[str]:
        """Every file's key, shelf by shelf. Files come and go meanwhile."""
        for shelf in sorted(self._shelves.iterdir()):
            yield from (path.name for path in shelf.iterdir() if KEY.fullmatch(path.name))

    def _make_shelf(self, shelf: Path) -> None:
        # Whoever finds a shelf made by somebody else must be sure that its name is on disk, too.
        with self._making:
            if not shelf.exists():
                shelf.mkdir(mode=FOLDER_MODE)
                sync_folder(self._shelves)

    def _path(self, key: str) -> Path:
        if not KEY.fullmatch(key):
            raise ValueError("A media key has 32 hexadecimal digits.")
        return self._shelves / key[:2] / key

    def _mark(self, key: str) -> Path:
        return self._incoming / f"{key}.kept"
