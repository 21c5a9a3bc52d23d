"""TLS and the proxy: who gets in, under which names, and what is turned away."""

import datetime
import socket
import ssl
import subprocess
import sys
import time
from pathlib import Path

import pytest
import requests
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID

from sandbox.certificates import HOSTS, LIFETIME, tls_context
from sandbox.doors import NotForUs, check_connect
from tests.sandbox.conftest import STUDIO
from tests.sandbox_server import REPOSITORY, SandboxServer


@pytest.fixture(scope="module")
def open_house(tmp_path_factory):
    """A sandbox with every way in."""
    with SandboxServer(tmp_path_factory.mktemp("ways"), ways_in=True) as server:
        yield server


@pytest.fixture
def trusting(open_house):
    """A session that goes through the proxy and trusts the sandbox's authority alone."""
    with requests.Session() as session:
        session.trust_env = False
        session.proxies = {"https": open_house.proxy_url}
        session.verify = str(open_house.authority)
        yield session


def raw(url: str) -> socket.socket:
    host, _, port = url.removeprefix("http://").partition(":")
    return socket.create_connection((host, int(port)), timeout=10)


def ask(url: str, sent: bytes) -> bytes:
    """Everything that comes back for a few bytes, to the end of the connection."""
    with raw(url) as connection:
        connection.sendall(sent)
        answer = b""
        while more := connection.recv(4096):
            answer += more
        return answer


def test_one_port_answers_plain_http_and_tls(open_house):
    assert requests.get(f"{open_house.url}/_sandbox/clock", timeout=10).ok
    for host in ("127.0.0.1", "localhost"):
        address = f"https://{host}:{open_house.port}/_sandbox/clock"
        assert requests.get(address, verify=str(open_house.authority), timeout=10).ok


def test_a_client_that_does_not_trust_the_authority_gets_nowhere_and_hurts_nobody(open_house):
    with pytest.raises(requests.exceptions.SSLError):
        requests.get(f"https://localhost:{open_house.port}/", timeout=10)
    assert requests.get(f"{open_house.url}/_sandbox/clock", timeout=10).ok


@pytest.mark.parametrize("host", [name for name in HOSTS if name.endswith(".com")])
def test_dropbox_hosts_lead_to_the_sandbox_through_the_proxy(open_house, trusting, host):
    token = open_house.link(STUDIO)["access_token"]
    answer = trusting.post(
        f"https://{host}/2/check/user",
        json={"query": "here"},
        headers={"Authorization": f"Bearer {token}"},
        timeout=10,
    )
    assert answer.json() == {"result": "here"}


def test_a_temporary_link_made_through_the_proxy_works_through_the_proxy(open_house, trusting):
    with open_house.client(STUDIO) as client:
        client.files_upload(b"seen", "/seen.txt")
    token = open_house.link(STUDIO)["access_token"]
    answer = trusting.post(
        "https://api.dropboxapi.com/2/files/get_temporary_link",
        json={"path": "/seen.txt"},
        headers={"Authorization": f"Bearer {token}"},
        timeout=10,
    )
    assert answer.json()["link"].startswith("https://api.dropboxapi.com/dl/")
    assert trusting.get(answer.json()["link"], timeout=10).content == b"seen"


def test_the_control_api_is_not_reached_under_a_dropbox_name(trusting):
    assert trusting.get("https://api.dropboxapi.com/_sandbox/people", timeout=10).status_code == 403


def test_a_fault_cuts_the_connection_of_a_client_behind_the_proxy(open_house, trusting):
    fault = open_house.fault("drop", route="check/user")
    with pytest.raises(requests.exceptions.ConnectionError):
        trusting.post("https://api.dropboxapi.com/2/check/user", json={"query": ""}, headers=bearer(open_house))
    open_house.clear_faults(fault)
    answer = trusting.post("https://api.dropboxapi.com/2/check/user", json={"query": ""}, headers=bearer(open_house))
    assert answer.ok


def bearer(server: SandboxServer) -> dict[str, str]:
    return {"Authorization": f"Bearer {server.link(STUDIO)['access_token']}"}


@pytest.mark.parametrize(
    "head",
    [
        b"CONNECT example.com:443 HTTP/1.1",
        b"CONNECT api.dropboxapi.com.example.com:443 HTTP/1.1",
        b"CONNECT notdropbox.com:443 HTTP/1.1",
        b"CONNECT api.dropboxapi.com:80 HTTP/1.1",
        b"CONNECT api.dropboxapi.com HTTP/1.1",
        b"GET http://api.dropboxapi.com/ HTTP/1.1",
        b"\x16\x03\x01",
        b"",
    ],
)
def test_the_proxy_turns_everything_else_away(head):
    with pytest.raises(NotForUs):
        check_connect(head + b"\r\n\r\n")


def test_who_is_turned_away_hears_why(open_house):
    answer = ask(open_house.proxy_url, b"CONNECT example.com:443 HTTP/1.1\r\nHost: example.com:443\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 403 ")
    assert b"not for example.com:443" in answer


def test_a_head_without_an_end_is_refused(open_house):
    assert b"too long" in ask(open_house.proxy_url, b"CONNECT api.dropboxapi.com:443 HTTP/1.1\r\nX: " + b"x" * 9000)


def test_a_head_that_comes_byte_by_byte_is_understood(open_house):
    context = ssl.create_default_context(cafile=str(open_house.authority))
    with raw(open_house.proxy_url) as connection:
        for byte in b"CONNECT api.dropboxapi.com:443 HTTP/1.1\r\n\r\n":
            connection.sendall(bytes([byte]))
            time.sleep(0.001)
        assert connection.recv(4096).startswith(b"HTTP/1.1 200")
        with context.wrap_socket(connection, server_hostname="api.dropboxapi.com") as secure:
            secure.sendall(b"GET /2/nothing HTTP/1.1\r\nHost: api.dropboxapi.com\r\nConnection: close\r\n\r\n")
            assert secure.recv(4096).startswith(b"HTTP/1.1 400")


def test_silent_connections_keep_nobody_from_the_door(open_house):
    silent = [raw(open_house.url) for _ in range(50)] + [raw(open_house.proxy_url) for _ in range(50)]
    try:
        assert requests.get(f"{open_house.url}/_sandbox/clock", timeout=5).ok
    finally:
        for connection in silent:
            connection.close()


def test_an_orderly_end_waits_for_no_silent_connection(tmp_path):
    with SandboxServer(tmp_path / "sandbox", ways_in=True) as server, raw(server.url), raw(server.proxy_url):
        began = time.monotonic()
        assert server.stop() == 0
        assert time.monotonic() - began < 3


def test_the_authority_stays_over_restarts_and_a_reset(tmp_path):
    with SandboxServer(tmp_path / "sandbox", ways_in=True) as server:
        before = server.authority.read_bytes()
        server.stop()
        server.start()
        server.reset()
        assert server.authority.read_bytes() == before
        assert requests.get(f"https://localhost:{server.port}/", verify=str(server.authority), timeout=10).ok


def test_an_old_certificate_is_made_anew(tmp_path):
    now = datetime.datetime.now(datetime.UTC)
    tls_context(tmp_path, now - LIFETIME + datetime.timedelta(days=20))
    old = (tmp_path / "ca.pem").read_bytes()
    tls_context(tmp_path, now)
    assert (tmp_path / "ca.pem").read_bytes() != old


@pytest.mark.parametrize("name", ["ca.pem", "server.pem"])
def test_a_broken_certificate_file_is_made_anew(tmp_path, name):
    tls_context(tmp_path)
    (tmp_path / name).write_text("broken")
    tls_context(tmp_path)
    load(tmp_path)


def load(folder: Path) -> tuple[x509.Certificate, x509.Certificate]:
    authority = x509.load_pem_x509_certificate((folder / "ca.pem").read_bytes())
    leaf = x509.load_pem_x509_certificate((folder / "server.pem").read_bytes())
    leaf.verify_directly_issued_by(authority)
    return authority, leaf


def test_the_authority_can_vouch_for_nothing_but_dropbox_and_this_machine(tmp_path):
    tls_context(tmp_path)
    authority, leaf = load(tmp_path)
    permitted = authority.extensions.get_extension_for_class(x509.NameConstraints)
    assert permitted.critical
    names = {str(name.value) for name in permitted.value.permitted_subtrees or []}
    assert names == {"localhost", "dropbox.com", "dropboxapi.com", "127.0.0.1/32", "::1/128"}
    purposes = leaf.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert list(purposes) == [ExtendedKeyUsageOID.SERVER_AUTH]


def test_the_key_is_readable_by_its_owner_alone_and_the_authority_s_is_kept_nowhere(tmp_path):
    tls_context(tmp_path)
    assert (tmp_path / "server.pem").stat().st_mode & 0o777 == 0o600
    assert b"PRIVATE KEY" not in (tmp_path / "ca.pem").read_bytes()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["ca.pem", "server.pem"]


def test_the_command_line_opens_every_way_in(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as first, socket.create_server(("127.0.0.1", 0)) as second:
        port, proxy = (str(taken.getsockname()[1]) for taken in (first, second))
    command = [Path(sys.executable).parent / "clementine", "sandbox", "--dir", tmp_path, "--reset"]
    options = ["--port", port, "--tls", "--proxy", proxy]
    with subprocess.Popen([*command, *options], cwd=REPOSITORY, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        said = [process.stdout.readline() for _ in range(3)]
        process.terminate()
    assert [f"http://localhost:{port}" in said[0], f"https://localhost:{port}" in said[1]] == [True, True]
    assert f"proxy http://localhost:{proxy}" in said[2]
    assert process.returncode == 0
