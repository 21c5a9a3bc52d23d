"""One table from what went wrong to what is answered: a calm page, or `application/problem+json` under the API."""

import sqlite3
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

import structlog
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from handlers.origin import is_api
from handlers.pages import render
from store.errors import Conflict, Invalid, NotFound, NotPermitted

log = structlog.get_logger("http")

STATUS = {NotFound: 404, NotPermitted: 403, Conflict: 409, Invalid: 422}

SENTENCES = {
    400: "The request could not be understood.",
    401: "Sign in, or send a valid API token.",
    403: "You can see this, but you may not change it.",
    404: NotFound().message,
    405: "This address does not accept that kind of request.",
    410: "This link has been used or has expired.",
    413: "What was sent is too large.",
    415: "This kind of file is not accepted.",
    429: "That was a lot of requests in a short time. Wait a little, then try again.",
    500: "Something went wrong on our side. It has been logged.",
    503: "The site can't do this at the moment. Try again in a minute.",
    507: "There is no room left on the server's disk, so nothing was stored.",
}


class SignInFirst(Exception):
    """Nobody is signed in; `next_path` is where to come back to (GET only)."""

    def __init__(self, next_path: str | None = None) -> None:
        self.next_path = next_path


class SignInAgain(Exception):
    """The act at `next_path` needs a sign-in of the last minutes."""

    def __init__(self, next_path: str) -> None:
        self.next_path = next_path


def problem(
    status: int,
    detail: str,
    *,
    errors: list[dict[str, str]] | None = None,
    headers: Mapping[str, str] | None = None,
    **more: object,
) -> Response:
    """An RFC 9457 answer; `errors` are `{field, message}` pairs of a 422."""
    body: dict[str, Any] = {"type": "about:blank", "title": _title(status), "status": status, "detail": detail, **more}
    if errors is not None:
        body["errors"] = errors
    return JSONResponse(body, status, headers=dict(headers or {}), media_type="application/problem+json")


def answer(request: Request[Any], status: int, message: str, headers: Mapping[str, str] | None = None) -> Response:
    """The page or the problem for a status, whichever this part of the site speaks."""
    if is_api(request.scope["path"]):
        return problem(status, message, headers=headers)
    response = render(request, "error.html", status=status, heading=_title(status), sentence=message)
    for name, value in (headers or {}).items():
        response.headers[name] = value
    return response


async def on_http_exception(request: Request[Any], error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    plain = error.detail == HTTPStatus(error.status_code).phrase
    message = SENTENCES.get(error.status_code, error.detail) if plain else error.detail
    return answer(request, error.status_code, message, error.headers)


async def on_store_error(request: Request[Any], error: Exception) -> Response:
    assert isinstance(error, (NotFound, NotPermitted, Conflict, Invalid))
    status = STATUS[type(error)]
    if isinstance(error, NotPermitted):
        _note_refusal(request)
    if isinstance(error, Invalid) and is_api(request.scope["path"]):
        fields = [{"field": field, "message": message} for field, message in error.errors.items()]
        return problem(status, error.message, errors=fields)
    return answer(request, status, error.message)


def _note_refusal(request: Request[Any]) -> None:
    """Who tried what they may not: in the log and not in the audit, which they could fill by trying again."""
    state = request.scope["state"]
    who = state.get("person") or state.get("asker")
    log.info(
        "not permitted",
        account_id=who.account_id if who else None,
        method=request.method,
        route=getattr(request.scope.get("route"), "path", ""),
        client=state.get("client_ip", ""),
        request_id=state.get("request_id"),
    )


async def on_sign_in_first(request: Request[Any], error: Exception) -> Response:
    assert isinstance(error, SignInFirst)
    query = f"?next={quote(error.next_path, safe='/')}" if error.next_path else ""
    return RedirectResponse(f"/login{query}", status_code=303)


async def on_sign_in_again(request: Request[Any], error: Exception) -> Response:
    assert isinstance(error, SignInAgain)
    return RedirectResponse(f"/account/sign-in-again?next={quote(error.next_path, safe='/')}", status_code=303)


async def on_database_error(request: Request[Any], error: Exception) -> Response:
    assert isinstance(error, sqlite3.Error)
    log.error("database error", error=str(error), request_id=request.scope["state"].get("request_id"))
    if "full" in str(error):
        return answer(request, 507, SENTENCES[507])
    return answer(request, 503, SENTENCES[503], {"retry-after": "5"})


EXCEPTION_HANDLERS: dict[Any, Any] = {
    HTTPException: on_http_exception,
    NotFound: on_store_error,
    NotPermitted: on_store_error,
    Conflict: on_store_error,
    Invalid: on_store_error,
    SignInFirst: on_sign_in_first,
    SignInAgain: on_sign_in_again,
    sqlite3.Error: on_database_error,
}


class LastResort:
    """Turns whatever nobody foresaw into a 500 with a request id, inside the headers; the log gets the traceback.

    Starlette's own handler for 500s sits outside all middleware, so its page would lack the security headers.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        started = False

        async def watched(message: Message) -> None:
            nonlocal started
            started = started or message["type"] == "http.response.start"
            await send(message)

        try:
            await self.app(scope, receive, watched)
        except ClientDisconnect:
            # In the middle of their own request: there is nobody to answer, and nothing went wrong here.
            return
        except Exception as error:
            request: Request[Any] = Request(scope, receive)
            handler = _handler_for(error)
            if handler is None:
                log.exception("unexpected error", request_id=request.scope["state"].get("request_id"))
            if started:
                raise
            response = await handler(request, error) if handler else answer(request, 500, SENTENCES[500])
            await response(scope, receive, send)


def _handler_for(error: Exception) -> Any:
    # What middleware raises (the browser check, the address check) never reaches Starlette's own table.
    return next((EXCEPTION_HANDLERS[kind] for kind in type(error).__mro__ if kind in EXCEPTION_HANDLERS), None)


def _title(status: int) -> str:
    titles = {403: "Not allowed", 404: "Not found", 410: "No longer valid", 500: "Something went wrong"}
    return titles.get(status) or HTTPStatus(status).phrase.capitalize()
