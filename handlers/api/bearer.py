"""The door of the API: `Authorization: Bearer clem_…` and nothing else. Cookies are never read here."""

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from handlers.clock import now_ms
from handlers.state import State
from rules.tokens import is_api_token, token_digest
from store import api_tokens
from store.api_tokens import Bearer

USED_EVERY_MS = 60_000


class BearerToken:
    """Closed by default: everything mounted behind this needs a live token of an approved account."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        request: Request[State] = Request(scope, receive)
        bearer = await who_asks(request)
        request.state["bearer"] = bearer
        request.state["asker"] = bearer.asker
        request.state["limits"].check("api", bearer.token_id)
        await self.app(scope, receive, send)


async def who_asks(request: Request[State]) -> Bearer:
    """The token's account as it stands right now; 401 without a token, and for one that is unknown or dead."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    token = token.strip()
    if scheme.lower() != "bearer" or not token:
        raise _refused(request, "Bearer", "Send an API token: Authorization: Bearer clem_…")
    bearer = await _known(request, token) if is_api_token(token) else None
    if bearer is None:
        raise _refused(request, 'Bearer error="invalid_token"', "This API token is unknown, revoked or not approved.")
    return bearer


async def _known(request: Request[State], token: str) -> Bearer | None:
    database = request.state["database"]
    owner_id = request.state["settings"].owner_dropbox_account_id
    now = now_ms()
    bearer = await database.read(api_tokens.bearer, token_digest(token), owner_id=owner_id, now=now)
    if bearer is not None and now - (bearer.last_used_at or 0) > USED_EVERY_MS:
        await database.write(api_tokens.used, bearer.token_id, now=now)
    return bearer


def _refused(request: Request[State], challenge: str, sentence: str) -> HTTPException:
    request.state["limits"].check("api-refused", request.state["client_ip"])
    return HTTPException(401, sentence, {"www-authenticate": challenge})
