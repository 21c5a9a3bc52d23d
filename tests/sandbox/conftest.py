"""A fresh sandbox before each test of this folder, and SDK clients on it."""

from collections.abc import Callable, Iterator

import dropbox
import pytest

from tests.sandbox_server import SandboxServer

STUDIO = "studio@example.com"


@pytest.fixture
def sandbox(sandbox_process: SandboxServer) -> SandboxServer:
    """The running sandbox, fresh."""
    sandbox_process.reset()
    return sandbox_process


@pytest.fixture
def studio(sandbox: SandboxServer) -> Iterator[dropbox.Dropbox]:
    """An SDK client of studio@example.com through the default app (app folder)."""
    with sandbox.client(STUDIO) as client:
        yield client


@pytest.fixture
def whole(sandbox: SandboxServer) -> Iterator[dropbox.Dropbox]:
    """An SDK client of the same person through an app with access to everything."""
    sandbox.add_app("fullkey", secret="fullsecret", name="Whole", access="full")
    with sandbox.client(STUDIO, key="fullkey") as client:
        yield client


@pytest.fixture
def rules(sandbox: SandboxServer) -> Callable[[], list[str]]:
    """Tells the names of the rules of good manners that were broken so far, in order."""
    return lambda: [one["rule"] for one in sandbox.control("GET", "complaints")]
