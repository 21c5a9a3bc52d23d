"""rclone, unmodified: its own code in another language, with content hashes of its own, and its three batch modes."""

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from sandbox.apps import DEFAULT_APP_KEY, DEFAULT_APP_SECRET
from tests.sandbox_server import SandboxServer

STUDIO = "studio@example.com"
NAMES = ("plain.txt", "größer & schöner.txt", "日本/写真.bin", "ein 🎉 Fest/a b.txt", "e\u0301 as two.txt", "leer.txt")
MEBIBYTE = 1024 * 1024
Rclone = Callable[..., str]


@pytest.fixture
def rclone(house: SandboxServer, environment: dict[str, str], tmp_path: Path) -> Rclone:
    """Runs rclone with `box:` as the Dropbox of studio@example.com; what it says. Its access token has expired."""
    token = {
        "access_token": "expired",
        "token_type": "bearer",
        "refresh_token": house.link(STUDIO)["refresh_token"],
        "expiry": "2020-01-01T00:00:00Z",
    }
    config = tmp_path / "rclone.conf"
    config.write_text(
        f"[box]\ntype = dropbox\nclient_id = {DEFAULT_APP_KEY}\nclient_secret = {DEFAULT_APP_SECRET}\n"
        f"token = {json.dumps(token)}\n"
    )

    def run(*arguments: str | Path) -> str:
        once = ("--retries", "1", "--low-level-retries", "1")
        ended = subprocess.run(
            ["rclone", "--config", config, "--ca-cert", house.authority, *once, *arguments],
            env=environment,
            capture_output=True,
            text=True,
            timeout=300,
        )
        assert ended.returncode == 0, ended.stderr
        return ended.stdout + ended.stderr

    return run


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A folder with a few files, empty and larger ones, and names that are hard to carry."""
    folder = tmp_path / "source"
    for number, name in enumerate(NAMES):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"" if name.startswith("leer") else os.urandom(1000 * number + 1))
    (folder / "middling.bin").write_bytes(os.urandom(9 * MEBIBYTE))
    return folder


def files(house: SandboxServer) -> dict[str, int]:
    """What lies in the app's folder: path → size."""
    return {path.removeprefix("/Apps/Clementine/"): one["size"] for path, one in house.files(STUDIO).items()}


@pytest.mark.parametrize("mode", ["sync", "async", "off"])
def test_a_copy_in_every_batch_mode_checks_and_a_second_one_sends_nothing(house, rclone, source, mode):
    rclone("copy", source, "box:Gala", "--dropbox-batch-mode", mode)
    assert len(files(house)) == len(NAMES) + 1
    assert files(house)["Gala/middling.bin"] == 9 * MEBIBYTE
    said = rclone("check", source, "box:Gala", "--checkers", "4")
    assert "0 differences found" in said
    assert f"{len(NAMES) + 1} matching files" in said
    house.clear_history()
    rclone("copy", source, "box:Gala", "--dropbox-batch-mode", mode)
    assert [seen["route"] for seen in house.history("files/upload*")] == []


def test_small_chunks_are_put_together(house, rclone, source):
    rclone("copy", source / "middling.bin", "box:", "--dropbox-chunk-size", "4Mi")
    assert len(house.history("files/upload_session/append_v2")) >= 3
    assert "0 differences found" in rclone("check", source, "box:", "--one-way", "--include", "middling.bin")


def test_everything_comes_back_as_it_was(house, rclone, source, tmp_path):
    rclone("copy", source, "box:Gala")
    rclone("copy", "box:Gala", tmp_path / "back")
    for path in (path for path in source.rglob("*") if path.is_file()):
        (there,) = (one for one in (tmp_path / "back").rglob("*") if one.is_file() and same(one, path))
        assert there.stat().st_size == path.stat().st_size


def same(one: Path, other: Path) -> bool:
    return one.read_bytes() == other.read_bytes()


def test_listing_moving_and_deleting(house, rclone, source):
    rclone("copy", source, "box:Gala")
    assert set(rclone("lsf", "-R", "--files-only", "box:Gala").splitlines()) >= {"plain.txt", "日本/写真.bin"}
    rclone("moveto", "box:Gala/plain.txt", "box:Gala/moved/simple.txt")
    rclone("move", "box:Gala/日本", "box:Japan")
    assert {"Gala/moved/simple.txt", "Japan/写真.bin"} <= set(files(house))
    assert "Gala/plain.txt" not in files(house)
    rclone("copyto", "box:Gala/moved/simple.txt", "box:Gala/copied.txt")
    assert "Gala/copied.txt" in files(house)
    rclone("deletefile", "box:Gala/copied.txt")
    assert "Gala/copied.txt" not in files(house)
    rclone("delete", "box:Gala")
    assert set(files(house)) == {"Japan/写真.bin"}
    rclone("purge", "box:Japan")
    assert files(house) == {}


def test_folders_and_syncing(house, rclone, source):
    rclone("mkdir", "box:empty/deep")
    assert rclone("lsf", "-R", "box:").split() == ["empty/", "empty/deep/"]
    rclone("rmdir", "box:empty/deep")
    (source / "gone.txt").write_text("soon")
    rclone("sync", source, "box:Gala")
    (source / "gone.txt").unlink()
    (source / "plain.txt").write_text("changed and longer")
    rclone("sync", source, "box:Gala")
    assert "Gala/gone.txt" not in files(house)
    assert files(house)["Gala/plain.txt"] == 18


def test_space_is_told(house, rclone, source):
    rclone("copy", source / "middling.bin", "box:")
    about = json.loads(rclone("about", "box:", "--json"))
    assert (about["total"], about["used"]) == (2 * 1024**4, 9 * MEBIBYTE)


@pytest.mark.heavy
@pytest.mark.parametrize("mode", ["sync", "off"])
def test_a_file_of_300_mebibytes(house, rclone, tmp_path, mode):
    block = os.urandom(MEBIBYTE)
    with open(tmp_path / "large.bin", "wb") as file:
        for number in range(300):
            file.write(number.to_bytes(8) + block[8:])
    rclone("copy", tmp_path / "large.bin", "box:", "--dropbox-batch-mode", mode)
    assert files(house) == {"large.bin": 300 * MEBIBYTE}
    assert "0 differences found" in rclone("check", tmp_path, "box:", "--include", "large.bin")


@pytest.mark.heavy
def test_many_small_files_at_once(house, rclone, tmp_path):
    for number in range(300):
        path = tmp_path / "many" / f"{number % 7}" / f"{number:04}.jpg"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(os.urandom(20_000))
    rclone("copy", tmp_path / "many", "box:many", "--transfers", "32")
    assert "300 matching files" in rclone("check", tmp_path / "many", "box:many")


@pytest.mark.heavy
def test_it_gets_through_a_dropbox_with_limits_and_a_bad_evening(house, rclone, tmp_path):
    for number in range(60):
        (tmp_path / "in").mkdir(exist_ok=True)
        (tmp_path / "in" / f"{number}.jpg").write_bytes(os.urandom(5_000))
    house.behave(write_lock=True, commit_hold=30, commit_hold_per_entry=3, latency={"files/*": 10})
    house.fault("status", route="files/upload_session/append_v2", status=503, probability=0.1, seed=1)
    house.fault("rate_limit", route="files/*", retry_after=1, probability=0.05, seed=2)
    rclone("copy", tmp_path / "in", "box:in", "--transfers", "8", "--retries", "10", "--low-level-retries", "20")
    house.clear_faults()
    assert "60 matching files" in rclone("check", tmp_path / "in", "box:in")
