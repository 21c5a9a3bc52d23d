"""Bytes are on disk under generated keys, hashed on the way in, and a crash leaves nothing that nobody knows of."""

import os
import resource
import subprocess
import sys
from hashlib import sha256
from pathlib import Path

import pytest
from dropbox.content_hash import DropboxContentHasher
from hypothesis import given, settings
from hypothesis import strategies as st

from rules.content_hash import BLOCK_BYTES, ContentHash
from store.incoming import NoRoom
from store.media import Media

CONTENT = bytes(range(256)) * 40_000  # 10,240,000 bytes: two whole blocks of the content hash and a rest


@pytest.fixture
def media(tmp_path):
    media = Media(tmp_path)
    yield media
    media.close()


def files_under(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


@pytest.mark.parametrize("size", [0, 1, BLOCK_BYTES - 1, BLOCK_BYTES, BLOCK_BYTES + 1, 2 * BLOCK_BYTES, 10_000_000])
def test_content_hash_is_the_one_that_dropbox_computes(size):
    theirs, ours = DropboxContentHasher(), ContentHash()
    theirs.update(CONTENT[:size])
    ours.update(CONTENT[:size])
    assert ours.hexdigest() == theirs.hexdigest()


@settings(max_examples=20, deadline=None)
@given(st.lists(st.integers(0, 3 * BLOCK_BYTES // 2), max_size=6))
def test_content_hash_does_not_depend_on_how_the_bytes_are_cut(cuts):
    ours, at = ContentHash(), 0
    for cut in cuts:
        ours.update(CONTENT[at : at + cut])
        at = min(at + cut, len(CONTENT))
    whole = ContentHash()
    whole.update(CONTENT[:at])
    assert ours.hexdigest() == whole.hexdigest()


def test_what_is_put_comes_back_byte_for_byte_with_its_hashes(media):
    stored = media.put(CONTENT[at : at + 70_000] for at in range(0, len(CONTENT), 70_000))
    with media.open_range(stored.key, 0, stored.size) as file:
        assert file.read() == CONTENT
    assert stored.sha256 == sha256(CONTENT).hexdigest()
    assert stored.size == media.stat(stored.key) == len(CONTENT)
    assert list(media.keys()) == [stored.key]


@pytest.mark.parametrize(("start", "length"), [(0, 10), (5, 0), (len(CONTENT) - 3, 100), (len(CONTENT) + 9, 5)])
def test_a_range_never_reaches_beyond_its_end(media, start, length):
    stored = media.put([CONTENT])
    with media.open_range(stored.key, start, length) as file:
        assert file.read() == CONTENT[start : start + length]
        file.seek(1)
        assert file.read() == CONTENT[start + 1 : start + length]


def test_only_the_owner_of_the_folder_may_read_files(media, tmp_path):
    media.put([b"x"])
    assert {path.stat().st_mode & 0o777 for path in files_under(tmp_path)} == {0o600}
    assert (tmp_path / "media").stat().st_mode & 0o777 == 0o700


def test_a_deleted_file_is_gone_and_may_be_deleted_again(media):
    stored = media.put([b"x"])
    media.delete(stored.key)
    media.delete(stored.key)
    assert media.stat(stored.key) is None
    with pytest.raises(FileNotFoundError):
        media.open_range(stored.key, 0, 1)


@pytest.mark.parametrize("key", ["", "../../clementine.db", "A" * 32, "a" * 31, "a" * 32 + "\n"])
def test_a_key_that_is_not_ours_never_becomes_a_path(media, key):
    with pytest.raises(ValueError, match="media key"):
        media.stat(key)


def test_a_dropped_file_leaves_nothing(media, tmp_path):
    incoming = media.receive()
    incoming.write(b"half a picture")
    incoming.drop()
    assert files_under(tmp_path) == []


def test_below_the_disk_floor_nothing_is_taken_in(tmp_path):
    media = Media(tmp_path, floor=2**62)
    with pytest.raises(NoRoom):
        media.check_room()
    with pytest.raises(NoRoom):
        media.put([b"x"])
    assert files_under(tmp_path) == []
    media.close()


FILLS_UP = """
import resource, signal, sys
from pathlib import Path
from store.incoming import NoRoom
from store.media import Media
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, 1_000_000))
try:
    Media(Path(sys.argv[1]), floor=0).put([b"x" * 700_000] * 2)
except NoRoom:
    print("no room")
"""


def test_a_disk_that_fills_up_on_the_way_leaves_nothing(tmp_path):
    found = subprocess.run([sys.executable, "-c", FILLS_UP, str(tmp_path)], capture_output=True, text=True, timeout=30)
    assert found.stdout == "no room\n", found.stderr
    assert files_under(tmp_path) == []


def test_files_kept_for_one_result_lie_on_one_shelf(media):
    first = media.receive()
    second = media.receive(beside=first.key)
    assert first.key != second.key
    assert first.key[:2] == second.key[:2]
    first.drop()
    second.drop()


def test_settling_deletes_what_no_row_wants(media, tmp_path):
    wanted, unwanted = media.receive(), media.receive()
    media.keep([wanted, unwanted])
    media.settle([wanted.key, unwanted.key], wanted={wanted.key})
    assert list(media.keys()) == [wanted.key]
    assert media.unsettled() == []
    assert files_under(tmp_path / "incoming") == []


KILLED = """
import os, sys
from pathlib import Path
from store.media import Media
media = Media(Path(sys.argv[1]))
half = media.receive()
half.write(b"half")
whole = media.receive()
whole.write(b"whole")
media.keep([whole])
print(whole.key, flush=True)
os.kill(os.getpid(), 9)
"""


def test_what_a_killed_process_left_is_known_at_the_next_start(tmp_path):
    left = subprocess.run([sys.executable, "-c", KILLED, str(tmp_path)], capture_output=True, text=True, timeout=30)
    media = Media(tmp_path)
    assert media.unsettled() == [left.stdout.strip()]
    media.settle(media.unsettled(), wanted=())
    assert files_under(tmp_path) == []
    media.close()


def test_putting_takes_no_more_memory_than_a_piece(media):
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    piece = os.urandom(1 << 20)
    stored = media.put(piece for _ in range(200))
    assert stored.size == 200 << 20
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 20_000
