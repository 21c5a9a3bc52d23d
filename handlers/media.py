"""GET /media/{token}: an artifact's bytes behind a signed, short-lived link. No cookie is read and none is needed."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import quote

from itsdangerous import BadData
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from handlers.clock import now_ms
from handlers.state import State
from store import artifacts
from store.artifacts import Artifact
from store.errors import NotFound
from store.media import Media

SALT = "media"
LASTS_MS = 60 * 60 * 1000
PIECE = 256 * 1024
SANDBOX = "sandbox; default-src 'none'"


def link(request: Request[Any], artifact_row_id: str) -> str:
    """The path of an artifact's bytes, good for an hour. Whoever holds it may look: hand it only to who may."""
    token: str = request.state["signer"].dumps([artifact_row_id, now_ms() + LASTS_MS], salt=SALT)
    return f"/media/{token}"


async def serve(request: Request[State]) -> Response:
    """GET /media/{token}"""
    row_id = _opened(request)
    artifact = await request.state["database"].read(artifacts.open_to_holders, row_id)
    headers = {
        "accept-ranges": "bytes",
        "content-disposition": _disposition(artifact),
        "content-security-policy": SANDBOX,
        "etag": f'"{artifact.sha256}"',
    }
    found = asked_range(request.headers, artifact)
    if found is None:
        status, first, count = 200, 0, artifact.size
    elif found[0] >= artifact.size:
        raise HTTPException(416, "The file ends before that.", {"content-range": f"bytes */{artifact.size}"})
    else:
        first, last = found
        status, count = 206, last - first + 1
        headers["content-range"] = f"bytes {first}-{last}/{artifact.size}"
    headers["content-length"] = str(count)
    if request.method == "HEAD":
        return Response(status_code=status, headers=headers, media_type=artifact.media_type)
    pieces = await _pieces(request.state["media"], artifact.media_key, first, count)
    return StreamingResponse(pieces, status, headers, artifact.media_type)


def asked_range(headers: Headers, artifact: Artifact) -> tuple[int, int] | None:
    """The first and last byte that are asked for (RFC 9110, section 14); the last never lies beyond the end.

    None, so that the whole file is the answer: no range, more than one, a malformed one, or one of another version.
    """
    unit, _, spec = headers.get("range", "").partition("=")
    first, dash, last = (part.strip() for part in spec.partition("-"))
    if unit.strip().lower() != "bytes" or not dash or not all(_is_number(part) for part in (first, last) if part):
        return None
    if headers.get("if-range", f'"{artifact.sha256}"') != f'"{artifact.sha256}"':
        return None
    if first:
        begin, end = int(first), min(int(last) if last else artifact.size - 1, artifact.size - 1)
        return (begin, end) if begin <= end or begin >= artifact.size else None
    if not last:
        return None
    # The last so many bytes; none of them begins at the end, which no file reaches.
    return artifact.size - min(int(last), artifact.size), artifact.size - 1


def _opened(request: Request[Any]) -> str:
    try:
        said = request.state["signer"].loads(request.path_params["token"], salt=SALT)
    except BadData:
        raise NotFound from None
    match said:
        case [str(row_id), int(expires_at)]:
            if now_ms() > expires_at:
                raise HTTPException(410, "This link has expired. Open the page that it came from again.")
            return row_id
    raise NotFound


async def _pieces(media: Media, key: str, first: int, count: int) -> AsyncIterator[bytes]:
    """The bytes, read on the media folder's own threads; NotFound when housekeeping was quicker."""
    loop = asyncio.get_running_loop()
    try:
        file = await loop.run_in_executor(media.threads, media.open_range, key, first, count)
    except FileNotFoundError:
        raise NotFound from None

    async def pieces() -> AsyncIterator[bytes]:
        try:
            while piece := await loop.run_in_executor(media.threads, file.read, PIECE):
                yield piece
        finally:
            file.close()

    return pieces()


def _disposition(artifact: Artifact) -> str:
    """RFC 6266: shown in place, and saved under the artifact's own name with the extension of what it really is."""
    name = f"{artifact.artifact_id}.{artifact.extension}".replace("/", "-").replace("\\", "-")
    plain = "".join(letter if " " <= letter <= "~" and letter not in '"%' else "_" for letter in name)
    return f"inline; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) <= 18
