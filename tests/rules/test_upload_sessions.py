"""Chunks follow the speed of the line, and a session is used as long as Dropbox knows it."""

from hypothesis import given
from hypothesis import strategies as st

from rules.upload_sessions import (
    BLOCK_BYTES,
    GIVEN_UP_AFTER_MS,
    LARGEST_CHUNK_BYTES,
    LARGEST_REQUEST_BYTES,
    MIB,
    SMALLEST_CHUNK_BYTES,
    UploadSession,
    next_chunk_bytes,
)


def test_the_first_chunk_is_the_smallest():
    assert next_chunk_bytes() == 8 * MIB


def test_a_fast_line_gets_larger_chunks_and_a_slow_one_smaller_ones():
    assert next_chunk_bytes(8 * MIB, 100) == 16 * MIB
    assert next_chunk_bytes(16 * MIB, 3_000) == 16 * MIB
    assert next_chunk_bytes(32 * MIB, 9_000) == 16 * MIB


@given(st.lists(st.integers(0, 100_000), max_size=20))
def test_every_chunk_is_whole_blocks_within_the_bounds(times: list[int]):
    size = 0
    for took_ms in times:
        size = next_chunk_bytes(size, took_ms)
        assert SMALLEST_CHUNK_BYTES <= size <= LARGEST_CHUNK_BYTES < LARGEST_REQUEST_BYTES
        assert size % BLOCK_BYTES == 0


def test_a_session_is_given_up_half_a_day_before_dropbox_forgets_it():
    session = UploadSession("s", 0, 1_000)
    assert session.is_good(1_000 + GIVEN_UP_AFTER_MS - 1)
    assert not session.is_good(1_000 + GIVEN_UP_AFTER_MS)
    assert GIVEN_UP_AFTER_MS == 6.5 * 24 * 3_600_000


def test_a_session_from_the_future_is_not_trusted():
    """The clock was set back: nobody knows how old it is."""
    assert not UploadSession("s", 0, 1_000).is_good(999)
