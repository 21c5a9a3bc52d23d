"""How secrets are kept: AES-256-GCM under several keys, each bound to the one row and purpose that it belongs to.

Making nonces, storing keys and deciding what an unsealable secret means are not done here.
"""

import re
from base64 import b64decode, urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass, field
from typing import Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

KEY_BYTES = 32
NONCE_BYTES = 12
_TAG_BYTES = 16
_VERSION = "1"
_KEY_ID = re.compile(r"[A-Za-z0-9_.-]{1,40}")
_FEWEST_DISTINCT_BYTES = 8  # 32 random bytes have about 30; zeros or a repeated word have fewer than this


class Unsealable(Exception):
    """A sealed text that can't be opened: altered, moved to another row, or sealed with a key that is gone."""


@dataclass(frozen=True)
class Keyring:
    """The keys by id, in order: the first one seals, all of them unseal."""

    keys: tuple[tuple[str, bytes], ...] = field(repr=False)

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `id:base64(32 bytes)`, comma-separated; ValueError with one sentence, which holds no key material."""
        entries = [entry.strip() for entry in text.split(",") if entry.strip()]
        if not entries:
            raise ValueError("There is no key in it; write id:base64, the base64 being of 32 random bytes.")
        keys = tuple(_key(position, entry) for position, entry in enumerate(entries, start=1))
        ids = [key_id for key_id, _ in keys]
        for key_id in ids:
            if ids.count(key_id) > 1:
                raise ValueError(f"The key id {key_id} stands in it twice; give each key an id of its own.")
        return cls(keys)

    @property
    def ids(self) -> tuple[str, ...]:
        """The key ids, the sealing one first."""
        return tuple(key_id for key_id, _ in self.keys)


def _key(position: int, entry: str) -> tuple[str, bytes]:
    key_id, colon, encoded = entry.partition(":")
    if not colon or not _KEY_ID.fullmatch(key_id):
        raise ValueError(f"Key {position} does not begin with an id (letters, digits, . _ -) and a colon.")
    try:
        key = b64decode(encoded.translate(str.maketrans("-_", "+/")), validate=True)
    except ValueError:
        raise ValueError(f"Key {position} ({key_id}) is not valid base64.") from None
    if len(key) != KEY_BYTES:
        raise ValueError(f"Key {position} ({key_id}) has {len(key)} bytes instead of {KEY_BYTES}.")
    if len(set(key)) < _FEWEST_DISTINCT_BYTES:
        raise ValueError(f"Key {position} ({key_id}) is a placeholder; make one with: openssl rand -base64 32")
    return key_id, key


def seal(keyring: Keyring, plaintext: bytes, *, purpose: str, table: str, row_id: str | int, nonce: bytes) -> str:
    """Encrypt under the first key, as `version:key-id:nonce:tag:ciphertext` (parts in base64url without padding).

    `nonce` is 12 fresh random bytes, never used twice with a key; purpose, table and row id must be named again
    to unseal.
    """
    if len(nonce) != NONCE_BYTES:
        raise ValueError(f"A nonce has {NONCE_BYTES} bytes.")
    key_id, key = keyring.keys[0]
    sealed = AESGCM(key).encrypt(nonce, plaintext, _bound_to(purpose, table, row_id, key_id))
    parts = (nonce, sealed[-_TAG_BYTES:], sealed[:-_TAG_BYTES])
    return ":".join((_VERSION, key_id, *map(_encode, parts)))


def unseal(keyring: Keyring, sealed: str, *, purpose: str, table: str, row_id: str | int) -> bytes:
    """Decrypt what `seal` made for the same purpose, table and row; anything else is Unsealable."""
    parts = sealed.split(":")
    if len(parts) != 5 or parts[0] != _VERSION:
        raise Unsealable("This is not a sealed text of a known version.")
    key_id = parts[1]
    nonce, tag, ciphertext = map(_decode, parts[2:])
    if len(nonce) != NONCE_BYTES or len(tag) != _TAG_BYTES:
        raise Unsealable("A part of the sealed text has the wrong length.")
    key = dict(keyring.keys).get(key_id)
    if key is None:
        named = key_id if _KEY_ID.fullmatch(key_id) else "with an unreadable id"
        raise Unsealable(f"The key {named} is not among the keys.")
    try:
        return AESGCM(key).decrypt(nonce, ciphertext + tag, _bound_to(purpose, table, row_id, key_id))
    except InvalidTag:
        raise Unsealable("The sealed text was altered, or belongs to another row.") from None


def _bound_to(purpose: str, table: str, row_id: str | int, key_id: str) -> bytes:
    parts = (purpose, table, str(row_id), key_id)
    if any("|" in part for part in parts):
        raise ValueError("Purpose, table and row id can't contain |, which separates them.")
    return "|".join(parts).encode()


def _encode(part: bytes) -> str:
    return urlsafe_b64encode(part).rstrip(b"=").decode("ascii")


def _decode(text: str) -> bytes:
    """Bytes of one part; only the one spelling that `_encode` writes is taken, so that no altered byte passes."""
    try:
        part = urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except ValueError:
        part = b""
    if _encode(part) != text:
        raise Unsealable("A part of the sealed text is not base64url.")
    return part
