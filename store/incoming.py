"""One file while it comes in: written and hashed piece by piece, then whole and on disk, or gone without a trace."""

import errno
import os
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from rules.content_hash import ContentHash

FULL_DISK = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


class NoRoom(Exception):
    """The disk is full, or so nearly that the database needs the rest."""


@dataclass(frozen=True)
class Stored:
    """A file that lies on our disk: `size` in bytes, both hashes in hexadecimal digits."""

    key: str
    size: int
    sha256: str
    content_hash: str


class Incoming:
    """Used by one thread at a time: `write` any number of times, then `finish` or `drop`."""

    def __init__(self, path: Path, key: str, *, floor: int) -> None:
        self.path = path
        self.key = key
        self.size = 0
        self._floor = floor
        self._sha256 = sha256()
        self._content_hash = ContentHash()
        self._handle: int | None = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)

    def write(self, piece: bytes) -> None:
        """Append. Raises NoRoom when the disk is full or at its floor; the caller then drops the file."""
        handle = self._open()
        try:
            disk = os.fstatvfs(handle)
            if disk.f_bavail * disk.f_frsize - len(piece) < self._floor:
                raise NoRoom
            rest = memoryview(piece)
            while rest:
                rest = rest[os.write(handle, rest) :]
        except OSError as error:
            raise _named(error) from error
        self.size += len(piece)
        self._sha256.update(piece)
        self._content_hash.update(piece)

    def finish(self) -> Stored:
        """All bytes on disk, the file closed; only its name is still to be made lasting (Media.keep)."""
        try:
            os.fsync(self._open())
        except OSError as error:
            raise _named(error) from error
        self._close()
        return Stored(self.key, self.size, self._sha256.hexdigest(), self._content_hash.hexdigest())

    def drop(self) -> None:
        """Close and remove it. Does nothing to a file that has been kept."""
        self._close()
        self.path.unlink(missing_ok=True)

    def _open(self) -> int:
        if self._handle is None:
            raise ValueError("This file is closed.")
        return self._handle

    def _close(self) -> None:
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None


def _named(error: OSError) -> Exception:
    return NoRoom() if error.errno in FULL_DISK else error
