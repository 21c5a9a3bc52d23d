"""What the tests of sending share: a file, its path, and what a refusal says."""

import io
import time
from collections.abc import Callable

import pytest

from clients.dropbox import Dropbox, Metadata, Source
from clients.dropbox_line import Line
from clients.file_range import FileRange
from rules.failures import DropboxFailure, Failure

TAKEN_AT = 1_770_837_843_999
PATH = "/Gala/Photo Booth/2026-02-11_19-24-03_session-8F3K_result.jpg"
WHOLE_PATH = f"/Apps/Clementine{PATH}"
DATA = b"a picture" * 1000
MIB = 1024 * 1024


def source(data: bytes) -> Source:
    return Source(lambda start, length: io.BytesIO(data[start : start + length]), len(data), hash_of(data))


def hash_of(data: bytes) -> str:
    return FileRange.measured(lambda start, length: io.BytesIO(data), 0, len(data)).content_hash


def now_ms() -> int:
    return time.time_ns() // 1_000_000


def refused(call: Callable[[], object]) -> Failure:
    with pytest.raises(DropboxFailure) as raised:
        call()
    return raised.value.failure


def upload(studio: Dropbox, path: str = PATH, data: bytes = DATA) -> Metadata:
    return studio.upload(source(data), path, taken_at=TAKEN_AT, line=Line())
