"""Tests of this folder run on asyncio, with the real engine on a stage of its own."""

from collections.abc import AsyncIterator

import pytest

from settings import Settings
from tests.sandbox_server import SandboxServer
from tests.scheduler.stage import Stage


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
async def stage(settings: Settings, sandbox: SandboxServer) -> AsyncIterator[Stage]:
    """A workspace connected to studio@example.com's real sandbox Dropbox, export on; the engine is not started yet."""
    built = Stage(settings, sandbox)
    yield built
    await built.close()
