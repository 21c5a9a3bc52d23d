"""Carrying out a fault that struck: the wrong answer or none. What befalls a true answer is in delivering."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from starlette.requests import ClientDisconnect, Request

from sandbox import refusals
from sandbox.faults import Rule
from sandbox.refusals import Refusal, summary
from sandbox.wire import Answer, json_answer, text_answer
from sandbox.world import World

HANG_SECONDS = 24 * 3600.0
# With these the work is done, and its true answer is told, if not well.
TELLING = ("slow", "cut_answer", "truncated", "content_type", "entry_error")
# Some errors carry fields; a made-up error carries these.
MADE_UP_FIELDS = {
    "upload_session_id": "pid_upload_session:made-up-by-a-fault",
    "correct_offset": 0,
    "malformed_path": "made up by a fault",
    "no_account": "dbid:AAmade-up-by-a-fault".ljust(40, "A"),
    "template_not_found": "ptid:made-up-by-a-fault",
}


class Dropped(Exception):
    """The connection was cut, or the client went away: there is nobody to answer."""


async def drain(request: Request) -> None:
    """Read what is left of a body, so that the client hears the answer instead of a broken connection."""
    try:
        async for _ in request.stream():
            pass
    except (RuntimeError, ClientDisconnect):
        return


async def _gone(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass


async def take_in(request: Request, most: int) -> None:
    """Read so many bytes of a body, or all of it when it is shorter."""
    seen = 0
    async for chunk in request.stream():
        seen += len(chunk)
        if seen >= most:
            return


def gone(request: Request) -> bool:
    """Whether the client has left already."""
    return bool(request.scope["extensions"]["sandbox.connection"]["is_closing"]())


async def drop(request: Request) -> None:
    """Close the connection under the client's feet and wait until it is gone; always raises Dropped."""
    cut: Callable[[], None] = request.scope["extensions"]["sandbox.connection"]["abort"]
    cut()
    await _gone(request)
    raise Dropped


async def hold(world: World, request: Request, rule: Rule, seconds: float) -> None:
    """Wait, but not beyond the end of the rule, of the sandbox or of the client's patience."""
    await wait_for(world, request, rule.cleared, seconds)


async def wait_for(world: World, request: Request, event: asyncio.Event, seconds: float) -> bool:
    """Wait for an event for so long; False when the client or the sandbox went before either came about."""
    waits = [asyncio.ensure_future(wait) for wait in (event.wait(), world.stopping.wait(), _gone(request))]
    try:
        await asyncio.wait(waits, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for wait in waits:
            wait.cancel()
        await asyncio.gather(*waits, return_exceptions=True)
    return waits[1].cancelled() and waits[2].cancelled()


def too_many(reason: str, seconds: int, *, text: bool = False) -> Answer:
    """A 429 with Retry-After, in JSON or in plain text as Dropbox sometimes gives it."""
    header = {"Retry-After": str(seconds)}
    if text:
        return text_answer(429, reason, header)
    error = {"reason": {".tag": reason}, "retry_after": seconds}
    return json_answer(429, {"error_summary": summary(reason), "error": error}, reason, header)


def auth_answer(tag: str, **fields: Any) -> Answer:
    """A 401 with a tag of AuthError."""
    return json_answer(401, {"error_summary": summary(tag), "error": {".tag": tag, **fields}}, tag)


def route_error(error_type: Any, rule: Rule) -> Answer:
    """A 409 with the error that a rule names: tags of the route's error type, or a whole JSON object."""
    error = rule.details["error"]
    if isinstance(error, dict):
        body = {"error_summary": summary(str(error.get(".tag", "other"))), "error": error}
    else:
        body = refusals.body(error_type, Refusal(error, **MADE_UP_FIELDS))
    if "user_message" in rule.details:
        body["user_message"] = {"text": rule.details["user_message"], "locale": "en"}
    return json_answer(409, body, str(error))


def _any_status(details: dict[str, Any]) -> Answer:
    status = details.get("status", 500)
    if status == 429 and "body" not in details:
        return too_many("too_many_requests", details.get("retry_after", 1))
    headers = {"Retry-After": str(details["retry_after"])} if "retry_after" in details else {}
    text = details.get("body", "")
    return Answer(status, text.encode(), details.get("content_type", "text/html"), headers, error=f"status {status}")


def _oauth_error(details: dict[str, Any]) -> Answer:
    error = details.get("error", "invalid_grant")
    description = details.get("description", "refresh token is invalid or revoked")
    return json_answer(400, {"error": error, "error_description": description}, error)


Work = Callable[[], Awaitable[Answer]]
Spoil = Callable[[Rule], Answer]


async def answer_under(world: World, request: Request, rule: Rule | None, work: Work, spoil: Spoil) -> Answer:
    """The answer of a call under the rule that struck it, if any; raises Dropped when there is to be none.

    `work` does the work and gives its true answer, `spoil` makes the wrong ones that need to know the call.
    """
    if rule is None or rule.kind in TELLING:
        return await work()
    if rule.when == "after":
        await work()
    return await strike(world, request, rule, spoil)


async def strike(world: World, request: Request, rule: Rule, spoil: Spoil) -> Answer:
    """Do what a rule says; raises Dropped when that means no answer."""
    details = rule.details
    if rule.kind == "drop":
        if "after_bytes" in details and rule.when == "before":
            await take_in(request, details["after_bytes"])
        await drop(request)
    await drain(request)
    if rule.kind == "hang":
        await hold(world, request, rule, details.get("seconds", HANG_SECONDS))
        await drop(request)
    if rule.kind == "rate_limit":
        reason = details.get("reason", "too_many_requests")
        return too_many(reason, rule.seconds_to_wait(), text=details.get("format") == "text")
    if rule.kind == "status":
        return _any_status(details)
    return _oauth_error(details) if rule.kind == "oauth_error" else spoil(rule)
