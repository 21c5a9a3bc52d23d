"""Kept bytes as an HTTP answer, whole or a range of them."""

import re

from starlette.requests import Request
from starlette.types import Receive, Scope, Send

from sandbox.blobs import BlobStore, read_range
from sandbox.wire import Answer, send_answer, text_answer

RANGE = re.compile(r"bytes=(\d*)-(\d*)")


def file_answer(
    blobs: BlobStore, content_hash: str, size: int, request: Request, content_type: str, headers: dict[str, str]
) -> Answer:
    """The bytes of a file, honouring a `Range` header of one range: 206, or 416 when nothing lies there."""
    headers = {"accept-ranges": "bytes", **headers}
    start, end = 0, size - 1
    match = RANGE.fullmatch(request.headers.get("range", "").strip())
    if match and (match[1] or match[2]):
        start, end = _bounds(match[1], match[2], size)
        if start > end:
            return text_answer(416, "The requested range can't be satisfied.", {"content-range": f"bytes */{size}"})
        headers["content-range"] = f"bytes {start}-{end}/{size}"
    length = end - start + 1
    stream = read_range(blobs.path(content_hash), start, length) if length else None
    return Answer(
        206 if "content-range" in headers else 200, b"", content_type, headers, stream=stream, length=max(length, 0)
    )


def _bounds(first: str, last: str, size: int) -> tuple[int, int]:
    if not first:
        return max(size - int(last), 0), size - 1 if int(last) else -1
    return int(first), min(int(last), size - 1) if last else size - 1


class Sent:
    """An answer as something that Starlette's routes can return."""

    def __init__(self, answer: Answer) -> None:
        self._answer = answer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await send_answer(self._answer, send)
