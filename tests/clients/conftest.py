"""Fixtures of this folder: a connection of studio@example.com to the sandbox. Coroutines run on asyncio."""

from collections.abc import Iterator

import pytest

from clients.access_tokens import AccessTokens
from clients.dropbox import Dropbox
from clients.dropbox_http import Hosts, new_session
from clients.dropbox_oauth import CONNECT_SCOPES, AccessToken, DropboxOAuth
from settings import Settings
from tests.cast import STUDIO
from tests.clients.sending import now_ms
from tests.conftest import APP_KEY
from tests.sandbox_server import SandboxServer


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def refresh_token(sandbox: SandboxServer) -> str:
    return str(sandbox.link(STUDIO, " ".join(CONNECT_SCOPES), APP_KEY)["refresh_token"])


@pytest.fixture
def refreshes() -> list[AccessToken]:
    """What was fetched at the token endpoint."""
    return []


@pytest.fixture
def studio(settings: Settings, refresh_token: str, refreshes: list[AccessToken]) -> Iterator[Dropbox]:
    """The connection of studio@example.com, with one socket."""
    oauth = DropboxOAuth(settings)

    def refresh() -> AccessToken:
        refreshes.append(oauth.refresh(refresh_token))
        return refreshes[-1]

    dropbox = Dropbox(new_session(Hosts.of(settings), pool=2), AccessTokens(refresh, now_ms))
    yield dropbox
    dropbox.close()
    oauth._session.close()
