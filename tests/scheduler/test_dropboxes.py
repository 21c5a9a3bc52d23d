"""One client for each connection, until its grant changes."""

import pytest

from clients.dropbox_oauth import DropboxOAuth
from scheduler import dropboxes
from scheduler.clock import now_ms
from scheduler.dropboxes import Dropboxes
from settings import Settings


@pytest.fixture
def kept() -> Dropboxes:
    settings = Settings.model_validate({"base_url": "https://photos.example", "dropbox_url": "http://127.0.0.1:1"})
    return Dropboxes(settings, DropboxOAuth(settings), now_ms)


def test_a_connection_keeps_its_client_and_with_it_its_access_token(kept: Dropboxes):
    assert kept.of("c", "grant") is kept.of("c", "grant")
    assert kept.of("c", "grant") is not kept.of("d", "grant")


def test_a_new_grant_gets_a_new_client(kept: Dropboxes):
    first = kept.of("c", "grant")
    second = kept.of("c", "another")
    assert second is not first
    assert kept.of("c", "another") is second


def test_only_so_many_are_kept_the_least_used_going_first(kept: Dropboxes, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(dropboxes, "MOST", 2)
    first, second = kept.of("a", "grant"), kept.of("b", "grant")
    assert kept.of("a", "grant") is first
    kept.of("c", "grant")
    assert kept.of("a", "grant") is first
    assert kept.of("b", "grant") is not second
