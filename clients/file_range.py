"""A stretch of a file on our disk as the body of an upload: read while it is sent, hashed on the way, never held.

The SDK takes `bytes` only, so that the stretch travels through it as a marker; dropbox_http.py swaps it for the body.
"""

import hashlib
from collections.abc import Callable
from typing import BinaryIO, Self

from clients import dropbox_line

BLOCK = 4 * 1024 * 1024
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
    blocks: tuple[bytes, ...] = ()

    @classmethod
    def known(cls, opens: OpenRange, start: int, length: int, content_hash: str) -> Self:
        """A stretch whose content hash (Dropbox's, of these bytes alone) was recorded before."""
        marker = cls(b"\0")
        marker.opens, marker.start, marker.length, marker.content_hash = opens, start, length, content_hash
        return marker

    @classmethod
    def measured(cls, opens: OpenRange, start: int, length: int) -> Self:
        """A stretch that is read once for its hash and `blocks`; raises SourceMissing when it is not there whole."""
        digests = BlockDigests()
        left = length
        with _opened(opens, start, length) as file:
            while left:
                piece = _read(file, min(_PIECE, left))
                digests.add(piece)
                left -= len(piece)
        marker = cls.known(opens, start, length, content_hash(digests.all()))
        marker.blocks = digests.all()
        return marker

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
        self._digests = BlockDigests()
        self._file = _opened(stretch.opens, stretch.start, stretch.length)

    def read(self, size: int) -> bytes:
        """At most `size` bytes, none at the end."""
        if (line := dropbox_line.current()) is not None:
            line.check()
            line.moved()
        if not self._left:
            return b""
        piece = _read(self._file, min(size, self._left))
        self._digests.add(piece)
        self._left -= len(piece)
        if not self._left and content_hash(self._digests.all()) != self._expected:
            raise SourceMissing("our copy holds other bytes than it did")
        return piece

    def close(self) -> None:
        """Close the file; the request is over."""
        self._file.close()


class BlockDigests:
    """The SHA-256 digests of consecutive blocks of 4 MiB, fed in pieces of any size."""

    def __init__(self) -> None:
        self._done: list[bytes] = []
        self._block = hashlib.sha256()
        self._in_block = 0

    def add(self, piece: bytes) -> None:
        """Take the next bytes."""
        view = memoryview(piece)
        while view:
            taken = view[: BLOCK - self._in_block]
            self._block.update(taken)
            self._in_block += len(taken)
            if self._in_block == BLOCK:
                self._done.append(self._block.digest())
                self._block, self._in_block = hashlib.sha256(), 0
            view = view[len(taken) :]

    def all(self) -> tuple[bytes, ...]:
        """The digests so far, that of a begun block included."""
        return (*self._done, self._block.digest()) if self._in_block else tuple(self._done)


def content_hash(blocks: tuple[bytes, ...]) -> str:
    """Dropbox's content hash from the block digests: SHA-256 over them, in hex."""
    return hashlib.sha256(b"".join(blocks)).hexdigest()


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
