"""Reading what Dropbox's token and account endpoints answer, with care: whatever is odd is a DropboxFailure."""

import json
import time
from typing import Any

import requests

from rules.failures import DropboxFailure, Failure, FailureKind

MOST_BYTES = 1_000_000
LONGEST_S = 15.0


def read_body(response: requests.Response) -> bytes:
    """The answer, at most a megabyte and at most as long as a person waits: a drip must not hold a thread."""
    until = time.monotonic() + LONGEST_S
    body = b""
    # read1 gives what has come; read and iter_content would wait for a full piece, however slowly it comes.
    while piece := response.raw.read1(65_536):
        body += piece
        if len(body) > MOST_BYTES or time.monotonic() > until:
            raise ValueError("too large or too slow")
    return body


def json_object(body: bytes) -> dict[str, Any]:
    """The JSON object that the body must be."""
    try:
        value = json.loads(body)
    except ValueError:
        value = None
    if not isinstance(value, dict):
        raise failure(FailureKind.UNAVAILABLE, "Dropbox answered something that is no JSON object")
    return value


def text_of(answer: dict[str, Any], name: str) -> str:
    """A text that must be there."""
    value = answer.get(name)
    if not isinstance(value, str) or not value:
        raise failure(FailureKind.UNAVAILABLE, f"Dropbox answered without {name}")
    return value


def error_of(body: bytes) -> str:
    """OAuth's error word, where there is one; never its description."""
    try:
        word = json.loads(body).get("error")
    except (ValueError, AttributeError):
        return ""
    return word if isinstance(word, str) and word.isascii() and word.replace("_", "").isalpha() else ""


def refused(what: str, status: int, headers: Any, error: str) -> DropboxFailure:
    """The failure for a status that is no success and says nothing about the grant."""
    after = headers.get("retry-after", "")
    return DropboxFailure(
        Failure(
            FailureKind.RATE_LIMITED if status == 429 else FailureKind.UNAVAILABLE,
            f"{what} answered {status} {error}".strip(),
            retry_after=int(after) if after.isdecimal() else None,
            request_id=headers.get("x-dropbox-request-id"),
        )
    )


def failure(kind: FailureKind, detail: str) -> DropboxFailure:
    """A failure without anything from the answer's headers."""
    return DropboxFailure(Failure(kind, detail))
