"""An upload session at Dropbox as we remember it, and in which chunks a large file goes through one.

What is sent, and what Dropbox answers, is clients/dropbox_sessions.py's part.
"""

from dataclasses import dataclass

MIB = 1024 * 1024

LARGEST_REQUEST_BYTES = 150 * MIB
"""Dropbox refuses larger ones, whatever the route."""

BLOCK_BYTES = 4 * MIB
SMALLEST_CHUNK_BYTES = 8 * MIB
LARGEST_CHUNK_BYTES = 64 * MIB
CHUNK_TAKES_MS = 4_000
"""So long a chunk should take: what a broken line costs at most, and what a stop or a waiting neighbour has to wait."""

GIVEN_UP_AFTER_MS = 156 * 3_600_000
"""Six and a half days: Dropbox forgets a session after seven."""


@dataclass(frozen=True)
class UploadSession:
    """`offset` bytes of a file lie at Dropbox under `id` since `started_at` (milliseconds UTC).

    A session that holds the whole file is closed: it can only be committed.
    """

    id: str
    offset: int
    started_at: int

    def is_good(self, now: int) -> bool:
        """Whether Dropbox still knows it, with time left to use it."""
        return 0 <= now - self.started_at < GIVEN_UP_AFTER_MS


def next_chunk_bytes(previous: int = 0, took_ms: int = 0) -> int:
    """How large the next chunk is after one of `previous` bytes (0: the first) that took so long.

    Twice as large while the line is fast, half as large while it is slow; always whole blocks of 4 MiB.
    """
    if not previous:
        return SMALLEST_CHUNK_BYTES
    wanted = previous * 2 if took_ms * 2 <= CHUNK_TAKES_MS else previous // 2 if took_ms > CHUNK_TAKES_MS else previous
    whole_blocks = wanted // BLOCK_BYTES * BLOCK_BYTES
    return min(max(whole_blocks, SMALLEST_CHUNK_BYTES), LARGEST_CHUNK_BYTES)
