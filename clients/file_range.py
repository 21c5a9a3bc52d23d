"""A stretch of a file on our disk as the body of an upload: read while it is sent, hashed on the way, never held.

The SDK takes `bytes` only, so that the stretch travels through it as a marker; dropbox_http.py swaps it for the body.
"""

from collections.abc import Callable
from typing import BinaryIO, Self

from clients import dropbox_line
from rules.content_hash import ContentHash

_PIECE = 256 * 1024

OpenRange = Callable[[int, int], BinaryIO]
"""`open(start, length)` gives those bytes of the file as a stream."""


class SourceMissing(Exception):
    """The file on our disk is gone, shorter than it was, unreadable, or holds other bytes than it did."""


class FileRange(bytes):
    """Stands for `length` bytes from `start`, whose content hash is known.

    As bytes it is one byte long, for an empty body would be dropped on the way.
    """

    opens: OpenRange
    start: int
    length: int
    content_hash: str

    @classmethod
    def known(cls, opens: OpenRange, start: int, length: int, content_hash: str) -> Self:
        """A stretch whose content hash (Dropbox's, of these bytes alone) was recorded before."""
        marker = cls(b"\0")
        marker.opens, marker.start, marker.length, marker.content_hash = opens, start, length, content_hash
        return marker

    @classmethod
    def measured(cls, opens: OpenRange, start: int, length: int, whole: ContentHash | None = None) -> Self:
        """A stretch that is read once for its hash; raises SourceMissing when it is not there whole.

        `whole` is fed with the same bytes: the hash of the file, of which this is the next part.
        """
        own = ContentHash()
        left = length
        with _opened(opens, start, length) as file:
            while left:
                piece = _read(file, min(_PIECE, left))
                own.update(piece)
                if whole is not None:
                    whole.update(piece)
                left -= len(piece)
        return cls.known(opens, start, length, own.hexdigest())

    def body(self) -> "Body":
        """A fresh stream over the stretch."""
        return Body(self)


class Body:
    """What urllib3 reads from: hashes as it goes and keeps the last piece back unless all bytes are as recorded.

    So that nothing changed on our disk ever lands: the request breaks off before it is whole.
    """

    def __init__(self, stretch: FileRange) -> None:
        self._expected = stretch.content_hash
        self._left = stretch.length
        self._hash = ContentHash()
        self._file = _opened(stretch.opens, stretch.start, stretch.length)

    def read(self, size: int) -> bytes:
        """At most `size` bytes, none at the end."""
        if (line := dropbox_line.current()) is not None:
            line.check()
            line.moved()
        if not self._left:
            return b""
        piece = _read(self._file, min(size, self._left))
        self._hash.update(piece)
        self._left -= len(piece)
        if not self._left and self._hash.hexdigest() != self._expected:
            raise SourceMissing("our copy holds other bytes than it did")
        return piece

    def close(self) -> None:
        """Close the file; the request is over."""
        self._file.close()


def _opened(opens: OpenRange, start: int, length: int) -> BinaryIO:
    try:
        return opens(start, length)
    except OSError as error:
        raise SourceMissing(f"our copy can't be opened ({type(error).__name__})") from error


def _read(file: BinaryIO, size: int) -> bytes:
    """The next bytes. An OSError would look like the network's to those above, so that it gets a name of its own."""
    try:
        piece = file.read(size)
    except OSError as error:
        raise SourceMissing(f"our copy can't be read ({type(error).__name__})") from error
    if not piece:
        raise SourceMissing("our copy is shorter than it was")
    return piece
