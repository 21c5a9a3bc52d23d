"""Dropbox tells us whose files have changed, never which: signed, answered at once, and looked into later.

Without it everything works as well, only that deletions are noticed at night.
"""

import hashlib
import hmac
import json

import structlog
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from handlers.clock import now_ms
from handlers.state import State
from store import notices
from store.errors import NotFound

MOST_CHALLENGE = 1024
MOST_ACCOUNTS = 1000
SIGNATURE = "x-dropbox-signature"

log = structlog.get_logger("webhooks")


async def challenge(request: Request[State]) -> Response:
    """GET /webhooks/dropbox: challenge, said back word for word, as nothing that a browser would make a page of."""
    _secret(request)
    text = request.query_params.get("challenge", "")
    if not text or len(text.encode()) > MOST_CHALLENGE:
        raise HTTPException(400, f"This takes a challenge of at most {MOST_CHALLENGE} bytes.")
    return PlainTextResponse(text, headers={"x-content-type-options": "nosniff"})


async def notify(request: Request[State]) -> Response:
    """POST /webhooks/dropbox: the accounts whose files have changed. Nothing is done for who can't sign it."""
    secret = _secret(request)
    body = await request.body()
    told = request.headers.get(SIGNATURE, "")
    if not hmac.compare_digest(told.encode(), hmac.digest(secret, body, hashlib.sha256).hex().encode()):
        raise HTTPException(403, "This was not signed by Dropbox for this app.")
    accounts = _accounts(body)
    if await request.state["database"].read(notices.is_news, accounts):
        await request.state["database"].write(notices.note, accounts, now=now_ms())
    log.info("dropbox told of changes", accounts=len(accounts))
    return PlainTextResponse("")


def _secret(request: Request[State]) -> bytes:
    """What it must be signed with; without it there is no such place."""
    secret = request.state["settings"].dropbox_app_secret
    if secret is None:
        raise NotFound
    return secret.get_secret_value().encode()


def _accounts(body: bytes) -> list[str]:
    """The Dropbox account ids of a notification; none in one that tells of something else."""
    try:
        match json.loads(body):
            case {"list_folder": {"accounts": list(accounts)}}:
                return [each for each in accounts if isinstance(each, str)][:MOST_ACCOUNTS]
    except (ValueError, RecursionError):
        raise HTTPException(400, "The body is not valid JSON.") from None
    return []
