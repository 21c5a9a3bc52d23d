"""Fixtures that tests of several folders share: the real sandbox, the real app, a database file."""

import base64
import secrets
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import SecretStr
from starlette.testclient import TestClient

from settings import Settings
from store.connect import DATABASE_FILE, Db, open_connection
from tests.cast import OWNER, SAME_ORIGIN, Cast
from tests.sandbox_server import SandboxServer

pytest_plugins = ["tests.browser.fixtures", "tests.sandbox.outside.announcing"]

# Not an address that anything listens on: the test client speaks to the app directly.
ORIGIN = "https://clementine.test"
APP_KEY = "test-app-key"
APP_SECRET = "test-app-secret"


@pytest.fixture(scope="session")
def sandbox_process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SandboxServer]:
    """One sandbox for the whole run; `sandbox` hands it out emptied."""
    with SandboxServer(tmp_path_factory.mktemp("sandbox")) as server:
        yield server


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line(
        "markers", "complaints(*rules): rules of good manners (sandbox/README.md) that a test has the product break"
    )


@pytest.fixture
def sandbox(sandbox_process: SandboxServer, request: pytest.FixtureRequest) -> Iterator[SandboxServer]:
    """A running sandbox as on its first day, with our app registered; it must have nothing to complain of in the end.

    A test whose very point is bad manners names their rules: `@pytest.mark.complaints("unchanged")`.
    """
    sandbox_process.reset()
    sandbox_process.add_app(
        key=APP_KEY,
        secret=APP_SECRET,
        name="Clementine",
        access="app_folder",
        redirect_uris=[f"{ORIGIN}/auth/dropbox/callback"],
    )
    yield sandbox_process
    meant = {rule for mark in request.node.iter_markers("complaints") for rule in mark.args}
    found = sandbox_process.complaints(app=APP_KEY)
    assert [complaint for complaint in found if complaint.partition(":")[0] not in meant] == []


@pytest.fixture
def settings(tmp_path: Path, sandbox: SandboxServer) -> Settings:
    """Complete settings on a fresh data folder, with the sandbox as Dropbox; the site owner is owner@example.com."""
    folder = tmp_path / "data"
    folder.mkdir()
    return Settings(
        base_url=ORIGIN,
        data_dir=folder,
        secret_key=SecretStr(secrets.token_urlsafe(32)),
        token_keys=SecretStr("k1:" + base64.b64encode(secrets.token_bytes(32)).decode()),
        owner_dropbox_account_id=sandbox.account_id(OWNER),
        dropbox_app_key=APP_KEY,
        dropbox_app_secret=SecretStr(APP_SECRET),
        dropbox_url=sandbox.url,
        limits="off",
    )


@pytest.fixture
def client(settings: Settings) -> Iterator[TestClient]:
    """A browser on the running app (lifespan, scheduler and pump included)."""
    from app import create_app

    with TestClient(
        create_app(settings), base_url=settings.origin, headers=SAME_ORIGIN, follow_redirects=False
    ) as running:
        yield running


@pytest.fixture
def cast(sandbox: SandboxServer, settings: Settings, client: TestClient) -> Cast:
    """Signs people in and runs commands against the running app."""
    return Cast(sandbox, settings, client)


@pytest.fixture
def db(client: TestClient, settings: Settings) -> Iterator[Db]:
    """A connection of one's own to the running app's database."""
    connection = open_connection(settings.data_dir / DATABASE_FILE)
    yield connection
    connection.conn.close()
