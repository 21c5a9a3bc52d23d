"""Temporary links: addresses that give a file's bytes to anybody who has them, for four hours."""

import mimetypes
import secrets
from dataclasses import dataclass

from sandbox.database import Database
from sandbox.tree import Node

LIFETIME_MS = 4 * 3600 * 1000


@dataclass(frozen=True)
class Link:
    """A temporary link: the bytes as they were when it was made."""

    token: str
    name: str
    size: int
    content_hash: str
    account_id: str
    expires: int


def make_link(db: Database, node: Node, now: int) -> str:
    """A fresh link to a file; its token."""
    token = secrets.token_urlsafe(48)
    db.run(
        "INSERT INTO links VALUES (:token, :name, :size, :hash, :account, :expires)",
        token=token,
        name=node.name,
        size=node.size,
        hash=node.content_hash,
        account=node.account_id,
        expires=now + LIFETIME_MS,
    )
    return token


def find_link(db: Database, token: str) -> Link | None:
    """The link of a token, expired or not."""
    row = db.one("SELECT * FROM links WHERE token = :token", token=token)
    return None if row is None else Link(**dict(row))


def media_type(name: str) -> str:
    """The content type that a file's name promises."""
    return mimetypes.guess_type(name)[0] or "application/octet-stream"
