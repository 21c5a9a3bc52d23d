"""The installation's secrets on disk (`DATA_DIR/keys`): made once with the operating system's randomness, then read."""

import base64
import os
import secrets
from pathlib import Path

from rules.envelope import Keyring

FOLDER_MODE = 0o700
FILE_MODE = 0o600


class KeyFileError(Exception):
    """A key file that cannot be trusted or read; the message says which and what to do."""


def secret_key(data_dir: Path) -> str:
    """The key that signs cookies and links (256 bit)."""
    return _kept(data_dir / "keys" / "secret_key", secrets.token_urlsafe(32))


def token_keys(data_dir: Path) -> str:
    """The keys that encrypt Dropbox tokens, as TOKEN_KEYS spells them: `id:base64(32 bytes)`."""
    path = data_dir / "keys" / "token_keys"
    fresh = base64.b64encode(secrets.token_bytes(32)).decode()
    text = _kept(path, f"{secrets.token_hex(4)}:{fresh}")
    try:
        Keyring.parse(text)
    except ValueError as error:
        raise KeyFileError(
            f"{path}: {error}; restore it from a backup, or stored Dropbox tokens stay unreadable."
        ) from None
    return text


def write_private(path: Path, text: str) -> None:
    """Write a file that only we may read, whole or not at all, and on disk when this returns."""
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, FILE_MODE)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
        sync_folder(path.parent)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def sync_folder(folder: Path) -> None:
    """Make names created or renamed in a folder survive a power failure."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _kept(path: Path, fresh: str) -> str:
    path.parent.mkdir(mode=FOLDER_MODE, parents=True, exist_ok=True)
    if not path.exists():
        write_private(path, fresh + "\n")
    if path.stat().st_mode & 0o077:
        raise KeyFileError(f"{path}: other users of this machine can read this key; type: chmod 600 {path}")
    text = path.read_text(encoding="utf-8").strip()
    if not text:
        raise KeyFileError(f"{path}: the file is empty; restore it from a backup, or tokens stay unreadable.")
    return text
