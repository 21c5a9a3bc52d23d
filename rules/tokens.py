"""Unguessable texts: made from random bytes that the caller brings, recognised by shape, stored as a digest only."""

import re
from base64 import urlsafe_b64encode
from hashlib import sha256

TOKEN_BYTES = 32
"""256 bits: too many to guess, so that a plain digest suffices at rest."""

API_TOKEN_PREFIX = "clem_"  # noqa: S105 - the public part, by which secret scanners know our tokens
"""What every API token begins with."""

_SHAPE = re.compile(r"[A-Za-z0-9_-]{43}")


def opaque_token(random_bytes: bytes) -> str:
    """A device id or link token: 43 base64url characters from 32 random bytes."""
    if len(random_bytes) != TOKEN_BYTES:
        raise ValueError(f"A token is made from {TOKEN_BYTES} random bytes.")
    return urlsafe_b64encode(random_bytes).rstrip(b"=").decode("ascii")


def api_token(random_bytes: bytes) -> str:
    """An API token: the prefix and 43 base64url characters from 32 random bytes."""
    return API_TOKEN_PREFIX + opaque_token(random_bytes)


def is_opaque_token(text: str) -> bool:
    """Whether the text has the shape of a device id or link token; says nothing about whether it is known."""
    return _SHAPE.fullmatch(text) is not None


def is_api_token(text: str) -> bool:
    """Whether the text has the shape of an API token; says nothing about whether it is known."""
    return text.startswith(API_TOKEN_PREFIX) and is_opaque_token(text.removeprefix(API_TOKEN_PREFIX))


def token_digest(text: str) -> str:
    """SHA-256 in hex: what is stored, and looked up by, in place of the token itself."""
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
