"""The data folder: made on first use, and owned by one serving process at a time through a lock that dies with it."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

LOCK_FILE = "lock"


class DataFolderInUse(Exception):
    """Another process serves this data folder."""


class DataFolder:
    """Holds the lock from `with` to its end. The kernel lets go of it even on kill -9."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __enter__(self) -> Self:
        self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._handle = os.open(self.path / LOCK_FILE, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self._handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(self._handle)
            raise DataFolderInUse(
                f"DATA_DIR: another clementine is serving {self.path}; stop it, or name another folder."
            ) from None
        return self

    @classmethod
    @contextmanager
    def unless_served(cls, path: Path) -> Iterator[bool]:
        """For commands: True, with the lock held, when nobody serves the folder; False when somebody does."""
        try:
            folder = cls(path).__enter__()
        except DataFolderInUse:
            yield False
            return
        try:
            yield True
        finally:
            folder.__exit__(None, None, None)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        os.close(self._handle)
