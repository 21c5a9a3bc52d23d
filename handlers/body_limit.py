"""A limit on the bytes of a request's body, counted as they come: Content-Length may be missing or wrong."""

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

FORM_BYTES = 64 * 1024


def too_large(most: int) -> HTTPException:
    """The 413 that also ends the connection, so that the rest of the body need not be read."""
    return HTTPException(413, f"This is larger than the {most:,} bytes accepted here.", {"connection": "close"})


class BodyLimit:
    """Raises the 413 before the body is read where its length is told, else at the byte too many."""

    def __init__(self, app: ASGIApp, *, most: int = FORM_BYTES) -> None:
        self.app = app
        self.most = most

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        told = Headers(scope=scope).get("content-length", "")
        if told.isdecimal() and int(told) > self.most:
            raise too_large(self.most)
        seen = 0

        async def counted() -> Message:
            nonlocal seen
            message = await receive()
            seen += len(message.get("body", b""))
            if seen > self.most:
                raise too_large(self.most)
            return message

        await self.app(scope, counted, send)
