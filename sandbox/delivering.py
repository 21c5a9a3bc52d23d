"""How a true answer reaches the client when a fault says not to send it as it is: late, cut off, short, mislabelled."""

import asyncio
from collections.abc import Iterator
from dataclasses import replace

from starlette.requests import ClientDisconnect, Request
from starlette.types import Send

from sandbox.faults import Rule
from sandbox.history import Entry
from sandbox.misbehaving import Dropped, Spoil, Work, answer_under, drop, hold
from sandbox.wire import Answer, send_answer
from sandbox.world import World

# Time for what was sent to leave this process before the connection is cut.
FLUSH_SECONDS = 0.05


async def answer_recorded(world: World, request: Request, entry: Entry, work: Work, spoil: Spoil, send: Send) -> None:
    """Answer a request outside the API's dispatcher, under the faults that are in force, and end its record."""
    status = 0
    try:
        rule = world.faults.choose_for(entry)
        answer = await answer_under(world, request, rule, work, spoil)
        answer.headers["X-Dropbox-Request-Id"] = entry.request_id
        entry.note_answer(answer)
        status = answer.status
        await deliver(world, request, rule, answer, send)
    except (Dropped, ClientDisconnect):
        entry.error = entry.error or "no answer"
    finally:
        world.history.end(entry, status)


async def deliver(world: World, request: Request, rule: Rule | None, answer: Answer, send: Send) -> None:
    """Send an answer as the rule that struck has it; raises Dropped when the connection is cut on the way."""
    if rule is not None and rule.kind == "slow":
        await _slow_down(world, request, rule, answer, send)
    elif rule is not None and rule.kind == "cut_answer":
        await _cut_off(request, rule, answer, send)
    else:
        await send_answer(_garbled(rule, answer), send)


def _whole(answer: Answer) -> int:
    return len(answer.body) if answer.length is None else answer.length


def _chunks(answer: Answer, most: int | None = None) -> Iterator[bytes]:
    """The body in pieces, at most so many bytes of it."""
    left = _whole(answer) if most is None else most
    for chunk in answer.stream or [answer.body]:
        if left <= 0:
            return
        yield chunk[:left]
        left -= len(chunk)


def _kept(rule: Rule, answer: Answer) -> int:
    """How many bytes of the body a rule lets pass: half of them unless it says."""
    return min(int(rule.details.get("after_bytes", _whole(answer) // 2)), _whole(answer))


def _garbled(rule: Rule | None, answer: Answer) -> Answer:
    """A complete HTTP answer with something wrong in it."""
    if rule is not None and rule.kind == "truncated":
        kept = _kept(rule, answer)
        return replace(answer, body=answer.body[:kept], stream=answer.stream and _chunks(answer, kept), length=kept)
    if rule is not None and rule.kind == "content_type":
        return replace(answer, content_type=rule.details.get("content_type", "text/html"))
    return answer


async def _cut_off(request: Request, rule: Rule, answer: Answer, send: Send) -> None:
    """Promise the whole body, send the first part of it and close the connection."""
    await send({"type": "http.response.start", "status": answer.status, "headers": answer.header_list()})
    for chunk in _chunks(answer, _kept(rule, answer)):
        await send({"type": "http.response.body", "body": chunk, "more_body": True})
    await asyncio.sleep(FLUSH_SECONDS)
    await drop(request)


async def _slow_down(world: World, request: Request, rule: Rule, answer: Answer, send: Send) -> None:
    """Send an answer late and in small pieces."""
    await hold(world, request, rule, rule.details.get("seconds", 0))
    pace = rule.details.get("bytes_per_second", 0)
    await send({"type": "http.response.start", "status": answer.status, "headers": answer.header_list()})
    for chunk in _chunks(answer):
        step = max(pace // 10, 1) if pace else len(chunk) or 1
        for start in range(0, len(chunk), step):
            await send({"type": "http.response.body", "body": chunk[start : start + step], "more_body": True})
            if pace:
                await hold(world, request, rule, 0.1)
    await send({"type": "http.response.body", "body": b"", "more_body": False})
