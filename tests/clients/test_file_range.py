"""Bodies come from a stretch of a file: counted, hashed on the way, never held, never changed unnoticed."""

import io
import tracemalloc
from pathlib import Path

import pytest

from clients.dropbox_http import Hosts, new_session
from clients.file_range import FileRange, SourceMissing
from settings import Settings
from tests.clients.plain_server import plain_server


def of(origin: str) -> Hosts:
    return Hosts.of(Settings.model_validate({"dropbox_url": origin}))


def opens(data: bytes):
    return lambda start, length: io.BytesIO(data[start : start + length])


def test_a_body_comes_from_a_range_of_the_file_with_its_length():
    data = bytes(range(256)) * 4096
    with plain_server() as server:
        session = new_session(of(server.origin), pool=2)
        session.post("https://content.dropboxapi.com/2/u", data=FileRange.measured(opens(data), 1000, 500_000))
        session.close()
    head, _, body = bytes(server.received).partition(b"\r\n\r\n")
    assert body == data[1000:501_000]
    assert b"content-length: 500000\r\n" in head.lower() + b"\r\n"
    assert b"transfer-encoding" not in head.lower()


def test_an_empty_file_is_sent_as_an_empty_body():
    with plain_server() as server:
        session = new_session(of(server.origin), pool=2)
        session.post("https://content.dropboxapi.com/2/u", data=FileRange.measured(opens(b""), 0, 0))
        session.close()
    head, _, body = bytes(server.received).partition(b"\r\n\r\n")
    assert (body, b"content-length: 0" in head.lower()) == (b"", True)


def test_sending_64_mib_keeps_memory_flat(tmp_path: Path):
    path = tmp_path / "large"
    with path.open("wb") as file:
        file.truncate(64 << 20)

    def open_file(start: int, length: int):
        file = path.open("rb")
        file.seek(start)
        return file

    with plain_server(keeps=False) as server:
        session = new_session(of(server.origin), pool=2)
        tracemalloc.start()
        session.post("https://content.dropboxapi.com/2/u", data=FileRange.measured(open_file, 0, 64 << 20))
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        session.close()
    assert server.count == 64 << 20
    assert peak < 8 << 20


def test_a_file_that_changed_while_it_was_sent_never_arrives_whole():
    data = bytes(1_000_000)
    stretch = FileRange.known(
        opens(b"x" + data[1:]), 0, len(data), FileRange.measured(opens(data), 0, len(data)).content_hash
    )
    with plain_server() as server:
        session = new_session(of(server.origin), pool=2)
        with pytest.raises(SourceMissing):
            session.post("https://content.dropboxapi.com/2/u", data=stretch)
        session.close()
    assert server.count < len(data)


def test_a_file_that_became_shorter_is_missing_its_source():
    stretch = FileRange.known(opens(bytes(10)), 0, 20, "unknown")
    with plain_server() as server:
        session = new_session(of(server.origin), pool=2)
        with pytest.raises(SourceMissing):
            session.post("https://content.dropboxapi.com/2/u", data=stretch)
        session.close()


def test_the_hash_of_a_range_is_dropboxs_own():
    from dropbox.content_hash import content_hash

    data = bytes(range(256)) * 40_000
    for start, length in ((0, 0), (0, 4 << 20), (5, 9_000_000), (0, len(data))):
        assert FileRange.measured(opens(data), start, length).content_hash == content_hash(data[start : start + length])
