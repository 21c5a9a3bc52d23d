"""Cursors: what a client keeps to go on later, as a text that only this sandbox can have written."""

import base64
import hashlib
import hmac
import json
import secrets
from typing import Any

from sandbox.database import Database

SIGNATURE = 16


def _key(db: Database) -> bytes:
    key = db.setting("cursor_key")
    if key is None:
        key = secrets.token_hex(32)
        db.set_setting("cursor_key", key)
    return bytes.fromhex(key)


def _signature(db: Database, kind: str, payload: bytes) -> bytes:
    return hmac.digest(_key(db), kind.encode() + b"\0" + payload, hashlib.sha256)[:SIGNATURE]


def seal(db: Database, kind: str, fields: dict[str, Any]) -> str:
    """Fields as a text, signed for one kind of cursor."""
    payload = json.dumps(fields, separators=(",", ":")).encode()
    return "AA" + base64.urlsafe_b64encode(_signature(db, kind, payload) + payload).decode()


def unseal(db: Database, kind: str, text: str) -> dict[str, Any] | None:
    """The fields of a text that `seal` gave for this kind; None for any other text."""
    try:
        raw = base64.urlsafe_b64decode(text[2:].encode("ascii"))
    except ValueError:
        return None
    signature, payload = raw[:SIGNATURE], raw[SIGNATURE:]
    if not text.startswith("AA") or not hmac.compare_digest(_signature(db, kind, payload), signature):
        return None
    fields: dict[str, Any] = json.loads(payload)
    return fields
