"""The stage of tests that ask who may what: one running app for a whole module."""

from collections.abc import Iterator

import pytest
from starlette.testclient import TestClient

from app import create_app
from store.connect import Db
from tests.cast import Cast
from tests.handlers.stage import ORIGIN, Scene, Stage, settings_on
from tests.handlers.studio import Studio


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """Everybody signed in on one running app."""
    settings = settings_on(tmp_path_factory.mktemp("stage"))
    with TestClient(create_app(settings), base_url=ORIGIN, follow_redirects=False) as client:
        made = Stage(settings, client)
        yield made
        made.db.conn.close()


@pytest.fixture
def scene(stage: Stage) -> Scene:
    """A fresh workspace on it, with its members, projects and an experience."""
    return stage.scene()


@pytest.fixture
def studio(cast: Cast, db: Db) -> Studio:
    """A workspace of its own on an app and a sandbox of this test."""
    return Studio(cast, db)
