"""A folder as one zip file: how large it may be, and the file itself. Blocking: call it from a thread."""

import contextlib
import shutil
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from sandbox.blobs import EMPTY_HASH, BlobStore, read_range
from sandbox.tree import Node

MAX_ENTRIES = 10_000
MAX_FILE = 4 * 1000**3
MAX_BYTES = 20 * 1000**3
EARLIEST, LATEST = (1980, 1, 1, 0, 0, 0), (2107, 12, 31, 23, 59, 58)


class CannotBeZipped(Exception):
    """The folder is beyond a limit: the tag of Dropbox's DownloadZipError that says which."""


def check(inside: list[Node]) -> None:
    """Raise CannotBeZipped for a folder with too much in it; the folder itself counts as an entry."""
    if len(inside) + 1 >= MAX_ENTRIES:
        raise CannotBeZipped("too_many_files")
    sizes = [node.size or 0 for node in inside]
    if sum(sizes) >= MAX_BYTES or max(sizes, default=0) >= MAX_FILE:
        raise CannotBeZipped("too_large")


def _entry(node: Node, folder: Node) -> zipfile.ZipInfo:
    name = folder.name + node.display[len(folder.display) :]
    moment = datetime.fromtimestamp((node.client_modified or 0) / 1000, UTC).timetuple()[:6]
    entry = zipfile.ZipInfo(name + ("/" if node.kind == "folder" else ""), min(max(moment, EARLIEST), LATEST))
    entry.file_size = node.size or 0
    return entry


def write(blobs: BlobStore, folder: Node, inside: list[Node], path: Path) -> int:
    """Write a folder with all in it, uncompressed, to a new file; the size of that."""
    with zipfile.ZipFile(path, "x") as target:
        for node in (folder, *inside):
            entry = _entry(node, folder)
            if node.kind == "folder":
                target.writestr(entry, b"")
                continue
            with target.open(entry, "w") as written:
                if node.size:
                    with open(blobs.path(node.content_hash or EMPTY_HASH), "rb") as source:
                        shutil.copyfileobj(source, written)
    return path.stat().st_size


def read_and_remove(path: Path, size: int) -> Iterator[bytes]:
    """The bytes of a file, which is gone when they were read, or nobody wants the rest."""
    try:
        yield from read_range(path, 0, size)
    finally:
        with contextlib.suppress(FileNotFoundError):
            path.unlink()
