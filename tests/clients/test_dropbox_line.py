"""A call on the wire is ended at once, and what comes too late sends nothing."""

import io
import threading
import time
from pathlib import Path

import pytest
import requests

from clients.dropbox_http import Hosts, new_session
from clients.dropbox_line import Line, Overdue
from clients.file_range import FileRange
from clients.stop_gate import Stopped
from settings import Settings
from tests.clients.plain_server import plain_server, tls_context


def of(origin: str) -> Hosts:
    return Hosts.of(Settings.model_validate({"dropbox_url": origin}))


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
