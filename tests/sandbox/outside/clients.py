"""Where the outside clients are on this machine, and how those that are missing are installed. Tests only look."""

import os
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests.sandbox_server import REPOSITORY

# Beside the other tools that `make` fetches; not part of the repository.
INSTALLED = REPOSITORY / ".tools" / "outside"
JAVASCRIPT_SDK = "dropbox@10.34.0"
COMMAND = "python -m tests.sandbox.outside"


class CannotInstall(Exception):
    """A client can't be installed here: the text says why, and what a person can do."""


@dataclass(frozen=True)
class Client:
    """An outside client: whether it is here, and how it comes here."""

    name: str
    present: Callable[[], bool]
    install: Callable[[], None]


def _run(*command: str) -> None:
    try:
        subprocess.run(command, check=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    except (OSError, subprocess.CalledProcessError) as problem:
        raise CannotInstall(f"`{' '.join(command)}` failed: {problem}") from None


def _install_rclone() -> None:
    if os.geteuid() != 0:
        raise CannotInstall("installing needs root: `sudo apt-get install rclone`, or put rclone on the PATH yourself")
    if shutil.which("apt-get") is None:
        raise CannotInstall("there is no apt-get here: put rclone on the PATH yourself")
    try:
        _run("apt-get", "install", "-y", "-q", "rclone")
    except CannotInstall:
        _run("apt-get", "update", "-q")
        _run("apt-get", "install", "-y", "-q", "rclone")


def _install_javascript_sdk() -> None:
    if shutil.which("node") is None or shutil.which("npm") is None:
        raise CannotInstall("it needs node and npm, and they are not on the PATH")
    INSTALLED.mkdir(parents=True, exist_ok=True)
    _run("npm", "install", "--prefix", str(INSTALLED), "--no-audit", "--no-fund", "--silent", JAVASCRIPT_SDK)


def javascript_sdk() -> Path | None:
    """The folder to put on NODE_PATH, when node and the SDK are here."""
    folder = INSTALLED / "node_modules"
    return folder if shutil.which("node") and (folder / "dropbox" / "package.json").is_file() else None


RCLONE = Client("rclone", lambda: shutil.which("rclone") is not None, _install_rclone)
JAVASCRIPT = Client("JavaScript SDK", lambda: javascript_sdk() is not None, _install_javascript_sdk)
CLIENTS = (RCLONE, JAVASCRIPT)
