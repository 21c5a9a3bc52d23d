"""A sandbox with every way in for clients that know only Dropbox's own hosts, and which tests run at all."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.sandbox.outside.clients import JAVASCRIPT, RCLONE
from tests.sandbox_server import SandboxServer

HERE = Path(__file__).parent
# Set by the command that runs everything; the suite runs what is quick.
EVERYTHING = "SANDBOX_OUTSIDE_EVERYTHING"

# A test of a client that is not here would have nothing to say: it is left out, and announcing.py tells.
NEEDS = {"test_rclone.py": RCLONE, "test_javascript_sdk.py": JAVASCRIPT}
collect_ignore = [name for name, client in NEEDS.items() if not client.present()]


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if os.environ.get(EVERYTHING):
        return
    heavy = [item for item in items if HERE in item.path.parents and item.get_closest_marker("heavy")]
    if heavy:
        config.hook.pytest_deselected(items=heavy)
        items[:] = [item for item in items if item not in heavy]


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SandboxServer]:
    """A sandbox with TLS and the proxy."""
    with SandboxServer(tmp_path_factory.mktemp("outside"), ways_in=True) as server:
        yield server


@pytest.fixture
def environment(house: SandboxServer) -> dict[str, str]:
    """The environment of a client: the proxy and the authority under every name that clients look for; nothing else.

    The sandbox is fresh.
    """
    house.reset()
    authority = str(house.authority)
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(house.directory),
        "HTTPS_PROXY": house.proxy_url,
        "REQUESTS_CA_BUNDLE": authority,
        "NODE_EXTRA_CA_CERTS": authority,
        "SSL_CERT_FILE": authority,
    }
