"""A limit on the length of an address: none of ours is longer than a form's `next` and a signed link together."""

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Receive, Scope, Send

MOST_BYTES = 8 * 1024


class AddressLimit:
    """Raises the 414 before anything has parsed, matched or written down the address."""

    def __init__(self, app: ASGIApp, *, most: int = MOST_BYTES) -> None:
        self.app = app
        self.most = most

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and len(scope.get("raw_path") or b"") + len(scope["query_string"]) > self.most:
            raise HTTPException(414, f"An address has at most {self.most:,} bytes here.", {"connection": "close"})
        await self.app(scope, receive, send)
