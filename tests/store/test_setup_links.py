"""The set-up link: the same until it is used, private on disk, a digest in the table."""

import pytest

from rules.tokens import is_opaque_token, token_digest
from store import setup_links
from store.connect import immediate
from store.errors import NotFound
from tests.store.arrivals import NOW, count


def ensure(db, folder, *, owner_known=False):
    with immediate(db):
        return setup_links.ensure(db, data_dir=folder, owner_known=owner_known, now=NOW)


def test_a_first_start_makes_a_link_that_only_we_may_read(db, tmp_path):
    token = ensure(db, tmp_path)
    assert is_opaque_token(token)
    file = tmp_path / "setup-link"
    assert file.read_text().strip() == token and file.stat().st_mode & 0o777 == 0o600
    assert db.conn.execute("select token_hash from setup_links").fetchall() == [(token_digest(token),)]


def test_every_start_prints_the_same_link_while_it_is_unused(db, tmp_path):
    assert ensure(db, tmp_path) == ensure(db, tmp_path)
    assert count(db, "setup_links") == 1


@pytest.mark.parametrize("damage", ["gone", "empty", "foreign"])
def test_a_lost_or_altered_file_makes_a_new_link_and_ends_the_old_one(db, tmp_path, damage):
    first = ensure(db, tmp_path)
    file = tmp_path / "setup-link"
    if damage == "gone":
        file.unlink()
    else:
        file.write_text("" if damage == "empty" else "A" * 43)
    second = ensure(db, tmp_path)
    assert second != first and not setup_links.is_unused(db, first) and setup_links.is_unused(db, second)


def test_with_an_owner_there_is_no_link_and_no_file(db, tmp_path):
    token = ensure(db, tmp_path)
    assert ensure(db, tmp_path, owner_known=True) is None
    assert not (tmp_path / "setup-link").exists()
    with pytest.raises(NotFound):
        setup_links.used_when(db, token)


def test_a_link_is_used_once_and_remembers_when(db, tmp_path):
    token = ensure(db, tmp_path)
    assert setup_links.used_when(db, token) is None
    assert setup_links.use(db, token_digest(token), account_id="dbid:ada", now=NOW + 1)
    assert not setup_links.use(db, token_digest(token), account_id="dbid:eve", now=NOW + 2)
    assert setup_links.used_when(db, token) == NOW + 1


@pytest.mark.parametrize("token", ["unknown", "", "A" * 43, "../../etc", "\udc80"])
def test_an_unknown_link_is_not_found(db, tmp_path, token):
    ensure(db, tmp_path)
    with pytest.raises(NotFound):
        setup_links.used_when(db, token)
