"""A stretch of a file, read and sought as if it were a file of its own: never a byte beyond its end."""

import io
import os
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer


class Stretch(io.RawIOBase):
    """Bytes `start` to `start + length` of a file, or to its end if that comes first."""

    def __init__(self, path: Path, start: int, length: int) -> None:
        super().__init__()
        if start < 0 or length < 0:
            raise ValueError("A stretch begins at 0 or later and has no negative length.")
        self._file = open(path, "rb", buffering=0)  # noqa: SIM115 - closed by close()
        self._start = start
        self._length = max(0, min(length, os.fstat(self._file.fileno()).st_size - start))
        self._at = 0
        self._file.seek(start)

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Where the next read begins, counted from the stretch's own beginning."""
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self._length}[whence]
        self._at = max(0, base + offset)
        self._file.seek(self._start + self._at)
        return self._at

    def readinto(self, buffer: "WriteableBuffer", /) -> int:
        """Fill the buffer as far as the stretch goes; 0 at its end."""
        left = max(0, self._length - self._at)
        count = self._file.readinto(memoryview(buffer)[:left]) or 0
        self._at += count
        return count

    def close(self) -> None:
        if not self.closed:
            self._file.close()
        super().close()


def open_stretch(path: Path, start: int, length: int) -> BinaryIO:
    """The stretch as a buffered stream that the caller closes. FileNotFoundError when there is no file."""
    return io.BufferedReader(Stretch(path, start, length))
