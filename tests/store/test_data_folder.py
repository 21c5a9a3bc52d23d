"""The data folder's lock and the key files."""

import os
import stat
from pathlib import Path

import pytest

from store import key_files
from store.data_folder import DataFolder, DataFolderInUse


def test_a_second_process_on_one_data_folder_is_refused_with_a_sentence(tmp_path: Path) -> None:
    with DataFolder(tmp_path), pytest.raises(DataFolderInUse, match="DATA_DIR"), DataFolder(tmp_path):
        pass


def test_the_lock_is_free_again_when_its_holder_ends(tmp_path: Path) -> None:
    with DataFolder(tmp_path):
        pass
    with DataFolder(tmp_path):
        pass


def test_a_command_learns_whether_the_folder_is_served(tmp_path: Path) -> None:
    with DataFolder.unless_served(tmp_path) as idle:
        assert idle
    with DataFolder(tmp_path), DataFolder.unless_served(tmp_path) as idle:
        assert not idle


def test_keys_are_made_once_and_only_we_may_read_them(tmp_path: Path) -> None:
    first = (key_files.secret_key(tmp_path), key_files.token_keys(tmp_path))
    assert (key_files.secret_key(tmp_path), key_files.token_keys(tmp_path)) == first
    assert stat.S_IMODE(os.stat(tmp_path / "keys").st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "keys").iterdir()} == {0o600}


def test_a_key_that_others_can_read_stops_the_start(tmp_path: Path) -> None:
    key_files.secret_key(tmp_path)
    (tmp_path / "keys" / "secret_key").chmod(0o644)
    with pytest.raises(key_files.KeyFileError, match="chmod 600"):
        key_files.secret_key(tmp_path)


@pytest.mark.parametrize("damaged", ["", "k1:AAAA"])
def test_a_damaged_key_file_stops_the_start_and_is_not_replaced(tmp_path: Path, damaged: str) -> None:
    key_files.token_keys(tmp_path)
    path = tmp_path / "keys" / "token_keys"
    path.write_text(damaged)
    with pytest.raises(key_files.KeyFileError, match="token_keys"):
        key_files.token_keys(tmp_path)
    assert path.read_text() == damaged
