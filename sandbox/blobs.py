"""File bytes on disk: streamed into a spool file, then kept under the name of their content hash, each content once."""

import contextlib
import hashlib
import os
import secrets
from collections.abc import AsyncIterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

HASH_BLOCK = 4 * 1024 * 1024
COPY_CHUNK = 1024 * 1024
EMPTY_HASH = hashlib.sha256(b"").hexdigest()


class ContentHasher:
    """Dropbox's content hash, fed piece by piece: SHA-256 over the SHA-256 digests of blocks of 4 MiB."""

    def __init__(self) -> None:
        self._overall = hashlib.sha256()
        self._block = hashlib.sha256()
        self._filled = 0

    def update(self, data: bytes) -> None:
        """Take more bytes, of any length."""
        view = memoryview(data)
        while view:
            part = view[: HASH_BLOCK - self._filled]
            self._block.update(part)
            self._filled += len(part)
            view = view[len(part) :]
            if self._filled == HASH_BLOCK:
                self._overall.update(self._block.digest())
                self._block, self._filled = hashlib.sha256(), 0

    def hexdigest(self) -> str:
        """The hash of what was fed so far: 64 hexadecimal digits."""
        overall = self._overall.copy()
        if self._filled:
            overall.update(self._block.digest())
        return overall.hexdigest()


class PayloadTooLarge(Exception):
    """A body was longer than its limit; it was read to its end and thrown away."""


@dataclass(frozen=True)
class Piece:
    """Bytes in the spool: the payload of one call. `spool` is a file name, empty for an empty payload."""

    spool: str
    size: int
    content_hash: str


class BlobStore:
    """Two folders: `spool` for bytes that belong to no file yet, `blobs` for those that do."""

    def __init__(self, directory: Path) -> None:
        self._spool = directory / "spool"
        self._blobs = directory / "blobs"
        self._spool.mkdir(parents=True, exist_ok=True)
        for number in range(256):
            (self._blobs / f"{number:02x}").mkdir(parents=True, exist_ok=True)

    async def receive(self, chunks: AsyncIterable[bytes], limit: int) -> Piece:
        """Stream a request's body into the spool, hashing on the way.

        Raises PayloadTooLarge beyond `limit` bytes, after reading the rest: a client that is still sending
        would otherwise see a broken connection instead of the answer.
        """
        hasher, size, name = ContentHasher(), 0, secrets.token_hex(16)
        path = self._spool / name
        try:
            # Writes go to the page cache, a few microseconds each: a thread per chunk would cost more than it saves.
            with open(path, "xb", buffering=0) as file:  # noqa: ASYNC230
                async for chunk in chunks:
                    size += len(chunk)
                    if size <= limit:
                        hasher.update(chunk)
                        file.write(chunk)
                    elif size - len(chunk) <= limit:
                        file.truncate(0)
            if size > limit:
                raise PayloadTooLarge
        except BaseException:
            path.unlink(missing_ok=True)
            raise
        if size == 0:
            path.unlink()
            name = ""
        return Piece(name, size, hasher.hexdigest())

    def keep(self, pieces: Sequence[Piece]) -> Piece:
        """Give bytes their lasting place, several pieces put together in order; safe to call from a thread.

        The pieces stay in the spool until `discard`, so that a commit that fails can be tried again.
        """
        filled = [piece for piece in pieces if piece.size]
        if len(filled) == 1:
            kept = filled[0]
            with contextlib.suppress(FileExistsError):
                os.link(self._spool / kept.spool, self.path(kept.content_hash))
            return kept
        name, hasher, size = secrets.token_hex(16), ContentHasher(), 0
        path = self._spool / name
        try:
            with open(path, "xb") as target:
                for piece in filled:
                    for chunk in read_range(self._spool / piece.spool, 0, piece.size):
                        hasher.update(chunk)
                        target.write(chunk)
                        size += len(chunk)
            kept = Piece(name, size, hasher.hexdigest())
            path.rename(self.path(kept.content_hash))
        except BaseException:
            path.unlink(missing_ok=True)
            raise
        return kept

    def cut(self, piece: Piece, start: int, length: int) -> Piece:
        """A part of a piece as a piece of its own; safe to call from a thread."""
        if length == 0:
            return Piece("", 0, EMPTY_HASH)
        name, hasher = secrets.token_hex(16), ContentHasher()
        with open(self._spool / name, "xb") as target:
            for chunk in read_range(self._spool / piece.spool, start, length):
                hasher.update(chunk)
                target.write(chunk)
        return Piece(name, length, hasher.hexdigest())

    def spare(self) -> Path:
        """A place in the spool where nothing is, for a file that somebody makes and removes."""
        return self._spool / secrets.token_hex(16)

    def discard(self, pieces: Sequence[Piece]) -> None:
        """Remove pieces from the spool; what was kept stays."""
        for piece in pieces:
            if piece.spool:
                (self._spool / piece.spool).unlink(missing_ok=True)

    def path(self, content_hash: str) -> Path:
        """Where kept bytes lie."""
        return self._blobs / content_hash[:2] / content_hash

    def sweep(self, wanted: set[str]) -> None:
        """Remove what a killed process left in the spool, all but the pieces of live upload sessions."""
        for path in self._spool.iterdir():
            if path.name not in wanted:
                path.unlink()

    def empty(self) -> None:
        """Remove every byte, spooled and kept."""
        self.sweep(set())
        for folder in self._blobs.iterdir():
            for path in folder.iterdir():
                path.unlink()


def read_range(path: Path, start: int, length: int) -> Iterator[bytes]:
    """The bytes of a file from `start`, at most `length` of them, in chunks."""
    with open(path, "rb") as file:
        file.seek(start)
        while length > 0 and (chunk := file.read(min(COPY_CHUNK, length))):
            length -= len(chunk)
            yield chunk
