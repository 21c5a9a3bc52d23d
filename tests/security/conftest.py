"""One running app with everybody on it, for a whole module of security tests."""

from collections.abc import Iterator

import pytest
import structlog
from starlette.testclient import TestClient

from app import create_app
from tests.handlers.stage import ORIGIN, settings_on
from tests.security.house import House


@pytest.fixture(autouse=True)
def plain_tracebacks() -> Iterator[None]:
    """Without the values of variables, which take seconds to print where an error is provoked."""
    structlog.configure(
        processors=[
            structlog.stdlib.add_log_level,
            structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback),
        ]
    )
    yield
    structlog.reset_defaults()


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """Two tenants, the site owner, a stranger and somebody revoked, all on one running app."""
    settings = settings_on(tmp_path_factory.mktemp("house"))
    with TestClient(create_app(settings), base_url=ORIGIN, follow_redirects=False) as client:
        made = House(settings, client)
        yield made
        made.db.conn.close()
