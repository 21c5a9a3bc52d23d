"""The program as a process: how it starts, refuses to start, and ends. Real processes, real signals."""

import re
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from tests.running_app import COMMAND, AppProcess, environment, free_port
from tests.sandbox_server import SandboxServer


def clementine(folder: Path, *words: str, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(COMMAND), *words],
        cwd=folder,
        env=environment(folder / "data", **variables),
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )


def assert_refused(ended: subprocess.CompletedProcess[str], says: str) -> None:
    assert ended.returncode == 1, ended.stderr
    assert says in ended.stderr
    assert "Traceback" not in ended.stderr + ended.stdout
    assert len(ended.stderr.strip().splitlines()) == 1


@pytest.fixture
def app(tmp_path: Path, sandbox: SandboxServer) -> Iterator[AppProcess]:
    process = AppProcess(tmp_path, sandbox)
    yield process
    process.end()


@pytest.mark.parametrize(
    ("variables", "says"),
    [
        ({"TOKEN_KEYS": "k1:AAAA"}, "TOKEN_KEYS"),
        ({"SECRET_KEY": "short"}, "SECRET_KEY"),
        ({}, "DROPBOX_APP_KEY"),
        ({"DROPBOX_APP_KEY": "key"}, "DROPBOX_APP_SECRET"),
        ({"BASE_URL": "http://photos.example.com"}, "BASE_URL"),
        ({"MAX_RESULT_BYTES": "-1"}, "MAX_RESULT_BYTES"),
        ({"PORT": "http"}, "PORT"),
    ],
)
def test_a_bad_or_missing_setting_stops_the_start_with_one_sentence(
    tmp_path: Path, variables: dict[str, str], says: str
) -> None:
    app_of_ours = {"DROPBOX_APP_KEY": "key", "DROPBOX_APP_SECRET": "secret"} if says == "PORT" else {}
    assert_refused(clementine(tmp_path, "serve", **{**app_of_ours, **variables}), says)


def test_a_public_host_without_a_public_address_is_refused(tmp_path: Path) -> None:
    ended = clementine(tmp_path, "serve", "--host", "0.0.0.0", DROPBOX_APP_KEY="key", DROPBOX_APP_SECRET="secret")
    assert_refused(ended, "BASE_URL")


def test_a_data_folder_in_use_is_refused(tmp_path: Path, app: AppProcess) -> None:
    app.start()
    second = subprocess.run(
        [str(COMMAND), "serve", "--port", str(free_port())],
        env=app.environment,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert_refused(second, "DATA_DIR")
    assert requests.get(f"{app.origin}/healthz", timeout=5).ok


def test_a_taken_port_that_was_asked_for_is_a_clear_error(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        ended = clementine(tmp_path, "serve", DROPBOX_APP_KEY="key", DROPBOX_APP_SECRET="secret", PORT=port)
    assert_refused(ended, "PORT")
    assert port in ended.stderr


def test_a_damaged_key_file_stops_the_start_and_is_left_alone(tmp_path: Path, app: AppProcess) -> None:
    keys = app.data_dir / "keys"
    keys.mkdir(parents=True, mode=0o700)
    (keys / "token_keys").write_text("k1:damaged")
    (keys / "token_keys").chmod(0o600)
    ended = app.command("serve", "--port", str(app.port))
    assert_refused(ended, "token_keys")
    assert (keys / "token_keys").read_text() == "k1:damaged"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_is_an_orderly_end_within_ten_seconds(app: AppProcess, number: int) -> None:
    app.start()
    started = time.monotonic()
    assert app.stop(number) == 0
    assert time.monotonic() - started < 10
    assert "Traceback" not in app.log()


def test_an_orderly_end_does_not_wait_for_a_hanging_dropbox(app: AppProcess, sandbox: SandboxServer) -> None:
    from tests.faults.campaign import Campaign

    campaign = Campaign(app.data_dir.parent, sandbox, kills=0, exports=1, seed=1)
    try:
        campaign.set_up()
        sandbox.fault("hang", route="files/upload")
        campaign.push_all()
        until = time.monotonic() + 10
        while not any(rule["hits"] for rule in sandbox.faults()):
            assert time.monotonic() < until
            time.sleep(0.05)
        started = time.monotonic()
        assert campaign.app.stop() == 0
        assert time.monotonic() - started < 10
    finally:
        sandbox.clear_faults()
        campaign.app.end()


@pytest.mark.parametrize("words", [("nonsense",), ("approve",), ("member", "set", "a@example.com", "--role", "owner")])
def test_wrong_usage_exits_2(tmp_path: Path, words: tuple[str, ...]) -> None:
    assert clementine(tmp_path, *words).returncode == 2


def test_commands_work_while_the_app_runs_and_while_it_does_not(app: AppProcess) -> None:
    assert app.command("approve", "first@example.com").returncode == 0
    app.start()
    assert app.command("approve", "second@example.com").returncode == 0
    listed = app.command("requests").stdout
    assert "first@example.com" in listed
    assert "second@example.com" in listed
    unknown = app.command("deny", "nobody@example.com")
    assert_refused(unknown, "nobody@example.com")


def test_a_command_that_cannot_find_its_account_exits_1_with_a_sentence(tmp_path: Path) -> None:
    assert_refused(clementine(tmp_path, "token", "create", "--account", "nobody@example.com"), "nobody@example.com")


class SandboxMode:
    """`clementine serve --sandbox` as `make run` starts it."""

    def __init__(self, folder: Path, **variables: str) -> None:
        self.folder = folder
        self.variables = variables

    def __enter__(self) -> "SandboxMode":
        self.log = self.folder / "run.log"
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [str(COMMAND), "serve", "--sandbox"],
                cwd=self.folder,
                env=environment(self.folder / "data", **self.variables),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        until = time.monotonic() + 30
        while not (
            found := re.search(r"answers at (http://127\.0\.0\.1:\d+)\n(?s:.*)(http://localhost:\d+)", self.said())
        ):
            if self.process.poll() is not None or time.monotonic() > until:
                self.__exit__()
                raise AssertionError(self.said())
            time.sleep(0.05)
        self.origin, self.sandbox_url = found.groups()
        while True:
            try:
                requests.get(f"{self.origin}/healthz", timeout=2).raise_for_status()
                return self
            except requests.RequestException:
                assert time.monotonic() < until, self.said()
                time.sleep(0.05)

    def said(self) -> str:
        return self.log.read_text()

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()


def test_make_runs_server_says_where_everything_is_and_takes_its_sandbox_with_it(tmp_path: Path) -> None:
    port, sandbox_port = str(free_port()), str(free_port())
    with SandboxMode(tmp_path, PORT=port, SANDBOX_PORT=sandbox_port) as running:
        assert running.origin == f"http://127.0.0.1:{port}"
        assert running.sandbox_url == f"http://localhost:{sandbox_port}"
        said = running.said()
        for email in ("owner@", "studio@", "agency@", "unverified@"):
            assert f"{email}example.com" in said
        assert str(tmp_path / "data") in said
        assert requests.get(f"http://127.0.0.1:{sandbox_port}/", timeout=5).ok
        running.process.kill()
        running.process.wait()
        until = time.monotonic() + 10
        with pytest.raises(requests.ConnectionError):
            while time.monotonic() < until:
                requests.get(f"http://127.0.0.1:{sandbox_port}/", timeout=5)
                time.sleep(0.1)


def test_taken_default_ports_move_to_free_ones_and_the_addresses_with_them(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            taken.bind(("127.0.0.1", 8000))
            taken.listen()
        except OSError:
            pass  # Somebody else has it: as good.
        with SandboxMode(tmp_path) as running:
            assert running.origin != "http://127.0.0.1:8000"
            page = requests.get(f"{running.origin}/login", timeout=5)
            assert page.ok
            assert running.sandbox_url in page.headers["content-security-policy"]
