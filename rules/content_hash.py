"""Dropbox's content hash: the SHA-256 of the SHA-256 digests of every 4 MiB, fed in pieces of any size.

Described at dropbox.com/developers/reference/content-hash.
"""

from hashlib import sha256

BLOCK_BYTES = 4 * 1024 * 1024


class ContentHash:
    """Fed with `update`, asked with `hexdigest` at any time."""

    def __init__(self) -> None:
        self._blocks = sha256()
        self._block = sha256()
        self._in_block = 0

    def update(self, piece: bytes) -> None:
        """Take the next bytes."""
        rest = memoryview(piece)
        while rest:
            taken = rest[: BLOCK_BYTES - self._in_block]
            self._block.update(taken)
            self._in_block += len(taken)
            rest = rest[len(taken) :]
            if self._in_block == BLOCK_BYTES:
                self._blocks.update(self._block.digest())
                self._block, self._in_block = sha256(), 0

    def hexdigest(self) -> str:
        """The hash of everything so far, 64 hexadecimal digits; of nothing, the SHA-256 of nothing."""
        whole = self._blocks.copy()
        if self._in_block:
            whole.update(self._block.digest())
        return whole.hexdigest()
