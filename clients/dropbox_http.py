"""How bytes travel to Dropbox: the origins, and sessions whose sockets can be cut and whose bodies come from disk.

What is asked of Dropbox stands in dropbox.py and dropbox_oauth.py.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from http.cookiejar import DefaultCookiePolicy
from typing import Any, Self
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from requests.exceptions import InvalidURL
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection

from clients import dropbox_line
from clients.file_range import FileRange
from settings import Settings

TIMEOUT_S = (10.0, 100.0)
"""Seconds to connect, and between two pieces of an answer."""

_AUTHORIZE = "https://www.dropbox.com"
_API = "https://api.dropboxapi.com"
_CONTENT = "https://content.dropboxapi.com"
_SEND_BYTES = 256 * 1024


@dataclass(frozen=True)
class Hosts:
    """Where Dropbox is: three origins, without a trailing slash."""

    authorize_origin: str
    api_origin: str
    content_origin: str

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """The real hosts, or DROPBOX_URL for all of them."""
        one = settings.dropbox_url
        return cls(one, one, one) if one else cls(_AUTHORIZE, _API, _CONTENT)

    def rewrite(self, url: str) -> str:
        """The address that a request for `url` goes to; raises InvalidURL for a host that is none of Dropbox's.

        The SDK spells the real https hosts (or whatever its own environment variables say): a token must not leave
        for any other place.
        """
        parts = urlsplit(url)
        origin = f"{parts.scheme}://{parts.netloc}"
        if (ours := {_API: self.api_origin, _CONTENT: self.content_origin}.get(origin)) is not None:
            return ours + url[len(origin) :]
        if origin in (self.api_origin, self.content_origin):
            return url
        raise InvalidURL("not an address of Dropbox")


def new_session(hosts: Hosts, *, pool: int) -> requests.Session:
    """A session for Dropbox alone, keeping up to `pool` sockets open.

    No proxy, certificate or password from the environment, no cookies, no redirects (TooManyRedirects instead).
    A call made within a Line is cut with it.
    """
    session = requests.Session()
    session.trust_env = False
    session.max_redirects = 0
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    adapter = _Adapter(hosts, pool=pool)
    session.mount("https://", adapter)
    session.mount("http://", adapter)
    return session


class _Adapter(HTTPAdapter):
    """Sends to our origins, from disk where the body is a FileRange, over connections that tell the line."""

    def __init__(self, hosts: Hosts, *, pool: int) -> None:
        self._hosts = hosts
        super().__init__(pool_connections=4, pool_maxsize=pool)

    def init_poolmanager(self, connections: int, maxsize: int, block: bool = False, **pool_kwargs: Any) -> None:
        super().init_poolmanager(connections, maxsize, block, blocksize=_SEND_BYTES, **pool_kwargs)
        self.poolmanager.pool_classes_by_scheme = {"http": _HttpPool, "https": _HttpsPool}

    def send(
        self,
        request: requests.PreparedRequest,
        stream: bool = False,
        timeout: float | tuple[float, float] | tuple[float, None] | None = None,
        verify: bool | str = True,
        cert: bytes | str | tuple[bytes | str, bytes | str] | None = None,
        proxies: Mapping[str, str] | None = None,
    ) -> requests.Response:
        request.url = self._hosts.rewrite(request.url or "")
        stretch = request.body
        if not isinstance(stretch, FileRange):
            return _heard(super().send(request, stream, timeout or TIMEOUT_S, verify, cert, proxies))
        body = stretch.body()
        try:
            request.headers["Content-Length"] = str(stretch.length)
            request.body = body  # type: ignore[assignment]  # urllib3 reads it; the stubs know only finished bytes
            return _heard(super().send(request, stream, timeout or TIMEOUT_S, verify, cert, proxies))
        finally:
            body.close()


def _heard(response: requests.Response) -> requests.Response:
    """Note on the line what the SDK does not pass on: it forgets the status of 403 and 404, and Retry-After."""
    if (line := dropbox_line.current()) is not None:
        line.status = response.status_code
        line.request_id = response.headers.get("x-dropbox-request-id")
        line.retry_after = response.headers.get("retry-after")
    return response


class _HttpConnection(HTTPConnection):
    def connect(self) -> None:
        super().connect()
        _tell_line(self)

    def request(self, *args: Any, **kwargs: Any) -> None:
        if self.sock is None:
            self.connect()
        _begin(self)
        super().request(*args, **kwargs)


class _HttpsConnection(HTTPSConnection):
    def connect(self) -> None:
        super().connect()
        _tell_line(self)

    def request(self, *args: Any, **kwargs: Any) -> None:
        _begin(self)
        super().request(*args, **kwargs)


class _HttpPool(HTTPConnectionPool):
    ConnectionCls = _HttpConnection


class _HttpsPool(HTTPSConnectionPool):
    ConnectionCls = _HttpsConnection


def _tell_line(connection: HTTPConnection) -> None:
    """Hand the open socket to the line of this thread's call."""
    line = dropbox_line.current()
    if line is not None and connection.sock is not None:
        line.holds(connection.sock)


def _begin(connection: HTTPConnection) -> None:
    """On an open connection, before anything is sent. One that was used before has not told this line yet.

    urllib3 would give each piece of the body only as long as connecting may take; a slow uplink needs more.
    """
    _tell_line(connection)
    connection.timeout = TIMEOUT_S[1]
