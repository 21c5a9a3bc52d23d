"""Fetching from an address that a stranger named: whatever the server does, no connection goes where it must not."""

import asyncio
import gzip
import ssl
import time
from pathlib import Path

import pytest

from clients.web import BLOCK, Allowed, Web
from clients.web_talk import Patience, WebFailure
from tests.clients.plain_server import tls_context
from tests.hostile_addresses import HOSTILE
from tests.hostile_server import HostileServer, drips, file, hostile_server, leads, says

pytestmark = pytest.mark.anyio
HEAD = b"HTTP/1.1 200 OK\r\n"
QUICK = Patience(connect_s=1, head_s=0.5, idle_s=0.3, grace_s=0.3, rate=1024, total_s=3)


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


class Resolver:
    """Answers in turn, the last one for ever, and counts how often it was asked."""

    def __init__(self, *answers: list[str]) -> None:
        self.answers = list(answers) or [["127.0.0.1"]]
        self.asked: list[str] = []

    async def __call__(self, host: str, port: int) -> list[str]:
        self.asked.append(host)
        found = self.answers[0] if len(self.answers) == 1 else self.answers.pop(0)
        if not found:
            raise OSError("no such host")
        return found


def web(*open_to: HostileServer, resolve: Resolver | None = None, tls: ssl.SSLContext | None = None) -> Web:
    """A client that may reach these servers on loopback, under whatever name, and nothing else there."""
    allowed = Allowed(frozenset(("127.0.0.1", server.port) for server in open_to))
    return Web(resolve or Resolver(), tls=tls, patience=QUICK, allowed=allowed)


async def fetched(client: Web, url: str, most: int = 10_000_000) -> bytes:
    blocks: list[bytes] = []

    async def take(block: bytes) -> None:
        blocks.append(block)

    await client.fetch(url, most=most, take=take)
    assert all(len(block) == BLOCK for block in blocks[:-1])
    return b"".join(blocks)


async def refused(client: Web, url: str, most: int = 10_000_000) -> WebFailure:
    with pytest.raises(WebFailure) as failure:
        await fetched(client, url, most)
    return failure.value


def at(server: HostileServer, path: str = "/a.jpg", scheme: str = "http") -> str:
    return f"{scheme}://pictures.example.com:{server.port}{path}"


async def test_a_file_is_taken_whole_and_nothing_of_ours_goes_out(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:1")
    body = bytes(range(256)) * 4000
    async with hostile_server(file(body, "Set-Cookie: a=b")) as server:
        client = web(server)
        assert await fetched(client, at(server, "/a.jpg?sig=1")) == body
        assert await fetched(client, at(server, "/a.jpg?sig=1")) == body
    for head in server.heads:
        lines = head.decode().split("\r\n")
        assert lines[0] == "GET /a.jpg?sig=1 HTTP/1.1"
        names = {line.partition(":")[0].lower(): line.partition(": ")[2] for line in lines[1:] if line}
        assert set(names) == {"host", "user-agent", "accept", "accept-encoding", "connection"}
        assert names["host"] == f"pictures.example.com:{server.port}"
        assert names["accept-encoding"] == "identity"


async def test_a_chunked_file_is_taken_whole():
    body = b"5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n"
    async with hostile_server(says(HEAD + b"Transfer-Encoding: chunked\r\n\r\n", body)) as server:
        assert await fetched(web(server), at(server)) == b"hello world"


async def test_the_corpus_of_hostile_addresses_reaches_nothing():
    async with hostile_server(file(b"secret")) as server:
        resolve = Resolver()
        client = Web(resolve, patience=QUICK)
        for url in HOSTILE:
            await refused(client, url.replace("{port}", str(server.port)))
        assert (len(HOSTILE) >= 80, server.hits, resolve.asked) == (True, 0, [])


@pytest.mark.parametrize(
    "found",
    [["127.0.0.1"], ["8.8.8.8", "127.0.0.1"], ["::1"], ["::ffff:127.0.0.1"], ["64:ff9b::7f00:1"], ["10.0.0.1"], []],
    ids=["loopback", "one of two", "v6", "mapped", "nat64", "private", "none"],
)
async def test_a_name_that_leads_inside_is_not_connected_to(found: list[str]):
    async with hostile_server(file(b"secret")) as server:
        await refused(Web(Resolver(found), patience=QUICK), "https://rebound.example.com/")
        assert server.hits == 0


async def test_a_host_is_looked_up_once_so_that_rebinding_changes_nothing():
    async with hostile_server(file(b"fine")) as wanted:
        resolve = Resolver(["127.0.0.1"], ["169.254.169.254"])
        assert await fetched(web(wanted, resolve=resolve), at(wanted)) == b"fine"
        assert resolve.asked == ["pictures.example.com"]
        # The next fetch looks up anew, and checks anew.
        failure = await refused(web(wanted, resolve=resolve), at(wanted))
    assert "public" in str(failure)
    assert wanted.hits == 1


@pytest.mark.parametrize(
    "location",
    [
        "http://inside.example.com:{inside}/",
        "//inside.example.com:{inside}/",
        "http://127.0.0.1:{inside}/",
        "http://169.254.169.254/latest/meta-data/",
        "http://[::1]:{inside}/",
        "http://2130706433:{inside}/",
        "file:///etc/passwd",
        "gopher://127.0.0.1:{inside}/_",
        "http://user:secret@inside.example.com:{inside}/",
        "http://localhost:{inside}/",
    ],
)
@pytest.mark.parametrize("status", ["301 Moved", "302 Found", "303 See", "307 Temporary", "308 Permanent"])
async def test_a_redirect_to_inside_is_not_followed(location: str, status: str):
    async with hostile_server(file(b"secret")) as inside:
        async with hostile_server(leads(location.format(inside=inside.port), status)) as server:
            await refused(web(server), at(server))
        assert (inside.hits, server.hits) == (0, 1)


async def test_three_redirects_are_followed_and_no_fourth():
    async with hostile_server(file(b"")) as server:

        async def answer(head: bytes, writer: asyncio.StreamWriter) -> None:
            number = int(head.split()[1][1:])
            step = file(b"here") if number == 0 else leads(f"/{number - 1}")
            await step(head, writer)

        server.answer = answer
        resolve = Resolver()
        assert await fetched(web(server, resolve=resolve), at(server, "/3")) == b"here"
        assert len(resolve.asked) == 4
        assert "redirects" in str(await refused(web(server), at(server, "/4")))


async def test_more_than_is_accepted_is_cut_off_however_it_comes():
    async with hostile_server(file(b"x" * 100)) as server:
        assert (await refused(web(server), at(server), most=99)).final
        server.answer = drips(HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"10000\r\n" + b"x" * 65536 + b"\r\n", 0)
        began = time.monotonic()
        assert (await refused(web(server), at(server), most=1_000_000)).final
        assert time.monotonic() - began < 2


@pytest.mark.parametrize(
    ("head", "every_s"),
    [(HEAD + b"Content-Length: 100000\r\n\r\n", 0.05), (HEAD, 0.05), (HEAD + b"Content-Length: 100000\r\n\r\n", 9)],
    ids=["a body that drips", "a head that drips", "a body that hangs"],
)
async def test_what_comes_too_slowly_is_cut_off(head: bytes, every_s: float):
    async with hostile_server(drips(head, b"x", every_s)) as server:
        began = time.monotonic()
        assert not (await refused(web(server), at(server))).final
        assert time.monotonic() - began < 1.5


async def test_the_whole_takes_no_longer_than_it_may():
    hurried = Patience(connect_s=1, head_s=1, idle_s=1, grace_s=9, rate=1, total_s=0.4)
    async with hostile_server(drips(HEAD + b"Content-Length: 100000\r\n\r\n", b"x" * 10, 0.02)) as server:
        client = Web(Resolver(), patience=hurried, allowed=Allowed(frozenset({("127.0.0.1", server.port)})))
        assert "too long" in str(await refused(client, at(server)))


@pytest.mark.parametrize(
    "answer",
    [
        HEAD + b"Content-Length: 100\r\n\r\nshort",
        HEAD + b"\r\nno length at all",
        HEAD + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
        HEAD + b"Content-Length: -5\r\n\r\nhello",
        HEAD + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n",
        HEAD + b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello",
        HEAD + b"Content-Length: 0\r\n\r\n",
        HEAD + b"X: " + b"y" * 200_000 + b"\r\nContent-Length: 1\r\n\r\nx",
        b"HTTP/1.1 204 No Content\r\n\r\n",
        b"HTTP/1.1 206 Partial\r\nContent-Length: 1\r\n\r\nx",
        b"HTTP/1.1 404 Not Found\r\nContent-Length: 1\r\n\r\nx",
        b"HTTP/1.1 302 Found\r\nContent-Length: 0\r\n\r\n",
        b"SSH-2.0-OpenSSH_9\r\n",
        b"",
    ],
)
async def test_what_is_no_whole_file_is_refused_and_may_be_tried_again(answer: bytes):
    async with hostile_server(says(answer)) as server:
        assert not (await refused(web(server), at(server))).final


async def test_a_bomb_is_never_unpacked():
    bomb = gzip.compress(bytes(10_000_000))
    async with hostile_server(file(bomb, "Content-Encoding: gzip")) as server:
        assert (await refused(web(server), at(server))).final


async def test_a_server_that_asks_for_time_is_heard():
    async with hostile_server(file(b"", "Retry-After: 120", status="503 Busy")) as server:
        assert (await refused(web(server), at(server))).retry_after == 120
        server.answer = file(b"", "Retry-After: Fri, 31 Dec 1999 23:59:59 GMT", status="429 Many")
        assert (await refused(web(server), at(server))).retry_after is None


async def test_a_closed_port_and_a_failing_disk_are_told_apart():
    async with hostile_server(file(b"hello")) as server:

        async def take(_: bytes) -> None:
            raise OSError("our own disk")

        with pytest.raises(OSError, match="our own disk"):
            await web(server).fetch(at(server), most=100, take=take)
    assert "no connection" in str(await refused(web(server), at(server)))


async def test_the_certificate_has_to_be_the_named_hosts(tmp_path: Path):
    served, trusted = tls_context(tmp_path)
    client_tls = ssl.create_default_context(cafile=str(trusted))
    async with hostile_server(file(b"hello"), served) as server:
        # The certificate is that of 127.0.0.1, which is where it connects to, but not what it asked for.
        failure = await refused(web(server, tls=client_tls), at(server, scheme="https"))
        assert "no connection" in str(failure)
        assert server.heads == []


async def test_over_tls_the_named_host_is_asked_for(tmp_path: Path):
    served, trusted = tls_context(tmp_path, "pictures.example.com")
    asked: list[str] = []
    served.sni_callback = lambda _socket, name, _context: asked.append(name)
    async with hostile_server(file(b"hello"), served) as server:
        client_tls = ssl.create_default_context(cafile=str(trusted))
        assert await fetched(web(server, tls=client_tls), at(server, scheme="https")) == b"hello"
    assert asked == ["pictures.example.com"]
