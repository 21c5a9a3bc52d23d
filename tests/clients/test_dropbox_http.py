"""How bytes travel: which hosts, from where, and how a call on the wire is ended at once."""

import io
import threading
import time
import tracemalloc
from pathlib import Path

import pytest
import requests

from clients.dropbox_http import Hosts, new_session
from clients.dropbox_line import Line, Overdue
from clients.file_range import FileRange, SourceMissing
from clients.stop_gate import Stopped
from settings import Settings
from tests.clients.plain_server import plain_server, tls_context

REAL = Hosts.of(Settings.model_validate({}))


def of(origin: str) -> Hosts:
    return Hosts.of(Settings.model_validate({"dropbox_url": origin}))


def opens(data: bytes):
    return lambda start, length: io.BytesIO(data[start : start + length])


def ended(act, line: Line) -> tuple[BaseException | None, float]:
    """Run `act` on the line in another thread; what it raised, and how long after `line.cut()` it ended."""
    raised: list[BaseException] = []

    def work() -> None:
        try:
            with line:
                act()
        except BaseException as error:
            raised.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    yield_to(thread)
    began = time.monotonic()
    line.cut()
    thread.join(5)
    assert not thread.is_alive()
    return (raised[0] if raised else None), time.monotonic() - began


def yield_to(thread: threading.Thread) -> None:
    thread.join(0.15)
    assert thread.is_alive(), "the call was to hang"


def test_without_a_setting_the_real_hosts_are_spoken_to_over_https():
    assert Hosts("https://www.dropbox.com", "https://api.dropboxapi.com", "https://content.dropboxapi.com") == REAL
    assert REAL.rewrite("https://content.dropboxapi.com/2/files/upload") == (
        "https://content.dropboxapi.com/2/files/upload"
    )


def test_one_origin_stands_for_all_hosts():
    with plain_server() as server:
        session = new_session(of(server.origin), pool=2)
        for host in ("api", "content"):
            assert session.post(f"https://{host}.dropboxapi.com/2/x/{host}").json() == {}
        session.close()
    assert b"POST /2/x/api " in server.received
    assert b"POST /2/x/content " in server.received


@pytest.mark.parametrize(
    "url", ["https://example.com/2/files/upload", "http://api.dropboxapi.com/2/x", "https://api.dropboxapi.com.evil/2"]
)
def test_a_token_leaves_for_no_other_host(url: str):
    session = new_session(REAL, pool=2)
    with pytest.raises(requests.exceptions.InvalidURL):
        session.post(url, headers={"Authorization": "Bearer secret"})


def test_the_environment_can_not_put_a_proxy_between(monkeypatch: pytest.MonkeyPatch):
    with plain_server() as server, plain_server() as proxy:
        monkeypatch.setenv("HTTP_PROXY", proxy.origin)
        monkeypatch.setenv("ALL_PROXY", proxy.origin)
        session = new_session(of(server.origin), pool=2)
        session.post("https://api.dropboxapi.com/2/x")
        session.close()
    assert proxy.connections == 0


def test_a_redirect_is_refused():
    moved = b"HTTP/1.1 307 Moved\r\nLocation: https://example.com/\r\nContent-Length: 0\r\n\r\n"
    with plain_server(answer=moved) as server:
        session = new_session(of(server.origin), pool=2)
        with pytest.raises(requests.exceptions.TooManyRedirects):
            session.post("https://api.dropboxapi.com/2/x", headers={"Authorization": "Bearer secret"})
        session.close()


def test_cookies_are_not_kept():
    with_cookie = b"HTTP/1.1 200 OK\r\nSet-Cookie: a=b\r\nContent-Length: 2\r\n\r\n{}"
    with plain_server(answer=with_cookie) as server:
        session = new_session(of(server.origin), pool=2)
        session.post("https://api.dropboxapi.com/2/x")
        session.post("https://api.dropboxapi.com/2/x")
        session.close()
    assert b"cookie" not in bytes(server.received).lower()


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


def test_a_slow_uplink_may_take_longer_for_a_piece_than_connecting_may():
    data = bytes(24 << 20)
    with plain_server(keeps=False, stalls_s=1) as server:
        session = new_session(of(server.origin), pool=2)
        stretch = FileRange.measured(opens(data), 0, len(data))
        session.post("https://content.dropboxapi.com/2/u", data=stretch, timeout=(0.2, 30))
        session.close()
    assert server.count == len(data)


def test_a_call_that_waits_for_its_answer_ends_when_it_is_cut():
    with plain_server(answer=None) as server:
        session = new_session(of(server.origin), pool=2)
        error, seconds = ended(lambda: session.post("https://api.dropboxapi.com/2/x"), Line())
        session.close()
    assert isinstance(error, requests.exceptions.ConnectionError)
    assert seconds < 1


def test_a_call_over_tls_ends_when_it_is_cut(tmp_path: Path):
    context, trusted = tls_context(tmp_path)
    with plain_server(answer=None, tls=context) as server:
        session = new_session(of(server.origin), pool=2)
        session.verify = str(trusted)
        error, seconds = ended(lambda: session.post("https://api.dropboxapi.com/2/x"), Line())
        session.close()
    assert isinstance(error, requests.exceptions.RequestException)
    assert seconds < 1


def test_a_call_on_a_socket_that_was_used_before_ends_when_it_is_cut():
    with plain_server() as server:
        session = new_session(of(server.origin), pool=2)
        with Line():
            session.post("https://api.dropboxapi.com/2/x")
        server.answer = None
        error, seconds = ended(lambda: session.post("https://api.dropboxapi.com/2/x"), Line())
        session.close()
    assert server.connections == 1
    assert isinstance(error, requests.exceptions.ConnectionError)
    assert seconds < 1


def test_an_upload_on_the_wire_is_cut_between_two_pieces():
    class Slow(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            time.sleep(0.02)
            return super().read(min(size or 0, 1000))

    stretch = FileRange.known(lambda start, length: Slow(bytes(10_000_000)), 0, 10_000_000, "not reached")
    with plain_server() as server:
        session = new_session(of(server.origin), pool=2)
        error, seconds = ended(lambda: session.post("https://content.dropboxapi.com/2/u", data=stretch), Line())
        session.close()
    assert isinstance(error, Stopped | requests.exceptions.ConnectionError)
    assert seconds < 1
    assert server.count < 1_000_000


def test_after_a_cut_nothing_is_sent_any_more():
    line = Line()
    line.cut()
    with plain_server() as server:
        session = new_session(of(server.origin), pool=2)
        with pytest.raises(Stopped), line:
            session.post("https://api.dropboxapi.com/2/x")
        session.close()
    assert server.connections == 0


def test_a_cut_between_two_calls_does_not_touch_the_socket_that_others_use_now():
    line = Line()
    with plain_server() as server:
        session = new_session(of(server.origin), pool=2)
        with line:
            session.post("https://api.dropboxapi.com/2/x")
        line.cut()
        assert session.post("https://api.dropboxapi.com/2/x").status_code == 200
        session.close()
    assert server.connections == 1


def test_a_line_that_takes_too_long_is_a_failure_and_no_stop():
    line = Line()
    line.expire()
    with pytest.raises(Overdue), line:
        pass
    assert not line.was_cut


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
