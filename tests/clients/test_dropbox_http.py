"""How bytes travel to Dropbox: to which hosts, past what of the environment, with how much patience."""

import io

import pytest
import requests

from clients.dropbox_http import Hosts, new_session
from clients.file_range import FileRange
from settings import Settings
from tests.clients.plain_server import plain_server

REAL = Hosts.of(Settings.model_validate({}))


def of(origin: str) -> Hosts:
    return Hosts.of(Settings.model_validate({"dropbox_url": origin}))


def opens(data: bytes):
    return lambda start, length: io.BytesIO(data[start : start + length])


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


def test_a_slow_uplink_may_take_longer_for_a_piece_than_connecting_may():
    data = bytes(24 << 20)
    with plain_server(keeps=False, stalls_s=1) as server:
        session = new_session(of(server.origin), pool=2)
        stretch = FileRange.measured(opens(data), 0, len(data))
        session.post("https://content.dropboxapi.com/2/u", data=stretch, timeout=(0.2, 30))
        session.close()
    assert server.count == len(data)
