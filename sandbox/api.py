"""The dispatcher of `/2/…`: from an HTTP request to a call of a route and back, with faults and history on the way."""

import asyncio
import importlib
import logging
from typing import Any

from starlette.requests import ClientDisconnect, Request
from starlette.types import Receive, Scope, Send

from sandbox import delivering, misbehaving, reading, refusals
from sandbox.apps import App
from sandbox.blobs import PayloadTooLarge, Piece
from sandbox.callers import Caller, Rejected
from sandbox.calls import Call, Served
from sandbox.faults import Rule
from sandbox.history import Entry
from sandbox.limits import Busy
from sandbox.refusals import Refusal
from sandbox.stone_json import Invalid, decode, encode
from sandbox.wire import Answer, BadCall, json_answer, text_answer
from sandbox.world import World

MAX_PAYLOAD = 150 * 1024 * 1024
log = logging.getLogger("sandbox")


class Api:
    """The Dropbox API as an ASGI application.

    The SDK's types take about a second to import, so that happens in a thread while the server answers already.
    """

    def __init__(self, world: World) -> None:
        self._world = world
        self._table: asyncio.Future[Any] | None = None

    def start_loading(self) -> "asyncio.Future[Any]":
        """Begin to import the module that knows every route, once; the future of it."""
        if self._table is None:
            self._table = asyncio.ensure_future(asyncio.to_thread(importlib.import_module, "sandbox.routes.table"))
        return self._table

    async def table(self) -> Any:
        """The module that knows every route, as soon as it is there."""
        return await asyncio.shield(self.start_loading())

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, unless a fault says not to."""
        request = Request(scope, receive)
        entry = self._world.history.begin(scope["path"].removeprefix("/2/"), scope["method"])
        status = 0
        try:
            answer, fault = await _Turn(self._world, request, entry, await self.table()).answer()
            answer.headers["X-Dropbox-Request-Id"] = entry.request_id
            entry.note_answer(answer)
            status = answer.status
            if misbehaving.gone(request):
                self._world.watch.abandoned(entry)
            await delivering.deliver(self._world, request, fault, answer, send)
        except (misbehaving.Dropped, ClientDisconnect):
            entry.error = entry.error or "no answer"
        finally:
            self._world.history.end(entry, status)


class _Turn:
    """One request on its way through identification, argument, fault and work."""

    def __init__(self, world: World, request: Request, entry: Entry, table: Any) -> None:
        self.world, self.request, self.entry, self.table = world, request, entry, table
        self.now = world.clock.now()

    async def answer(self) -> tuple[Answer, Rule | None]:
        """The answer and the fault that struck, if any; raises Dropped."""
        name = self.entry.route
        served: Served | None = self.table.ROUTES.get(name)
        if served is None:
            await misbehaving.drain(self.request)
            reason = "the sandbox does not serve it" if name in self.table.KNOWN else "there is no such function"
            return text_answer(400, f'Unknown API function: "{name}" ({reason})'), None
        try:
            who, argument = await reading.read(self.world, self.request, self.entry, served, self.now)
        except BadCall as bad:
            return await self._bad(bad), None
        self.world.watch.begins(
            self.entry,
            argument=argument,
            query=self.request.url.query,
            header=self.request.headers.get("dropbox-api-arg", ""),
            token=self.request.headers.get("authorization", "").partition(" ")[2].strip() or None,
        )
        fault = self.world.faults.choose_for(self.entry)
        if latency := self.world.behaviour.latency_of(name):
            await asyncio.sleep(latency / 1000)
        answer = await misbehaving.answer_under(
            self.world,
            self.request,
            fault,
            lambda: self._work(served, who, argument, fault),
            lambda rule: self._spoil(served, who, rule),
        )
        return answer, fault

    async def _bad(self, bad: BadCall) -> Answer:
        await misbehaving.drain(self.request)
        return text_answer(400, f'Error in call to API function "{self.entry.route}": {bad}')

    async def _work(self, served: Served, who: Any, argument: Any, fault: Rule | None) -> Answer:
        """The honest answer of a route, and never a broken one: a defect of ours is a 500 and a line in the log."""
        try:
            answer = await self._honest(served, who, argument, fault)
        except (misbehaving.Dropped, ClientDisconnect):
            raise
        except Exception:
            log.exception("a defect of the sandbox in %s", served.name)
            answer = text_answer(500, "A defect of the sandbox: see its log.")
        await misbehaving.drain(self.request)
        return answer

    async def _honest(self, served: Served, who: Any, argument: Any, fault: Rule | None) -> Answer:
        try:
            return self._turned_away(served, who) or await self._call(served, who, argument, fault)
        except BadCall as bad:
            return await self._bad(bad)
        except Refusal as refusal:
            return json_answer(409, refusals.body(served.route.error_type, refusal), refusal.tags)
        except Busy:
            return self._too_many("too_many_write_operations", self.world.behaviour.lock_retry_after)

    def _too_many(self, reason: str, seconds: int) -> Answer:
        return misbehaving.too_many(reason, seconds, text=self.world.behaviour.refusal_format == "text")

    def _turned_away(self, served: Served, who: Caller | App | Rejected | None) -> Answer | None:
        """The 401, 422 or 429 of a caller who may not make this call at all."""
        if isinstance(who, Rejected):
            return misbehaving.auth_answer(who.tag)
        if not isinstance(who, Caller):
            return None
        seconds = self.world.windows.take(who.account_id, who.app.key, self.now)
        if seconds is not None:
            return self._too_many("too_many_requests", seconds)
        if served.scope is not None and served.scope not in who.scopes:
            return misbehaving.auth_answer("missing_scope", required_scope=served.scope)
        wrong: Answer | None = self.table.check_path_root(self.request, who.person)
        return wrong

    async def _call(self, served: Served, who: Any, argument: Any, fault: Rule | None) -> Answer:
        place = "request body" if served.style == "rpc" else 'HTTP header "Dropbox-API-Arg"'
        try:
            arg = decode(served.route.arg_type, argument)
        except Invalid as invalid:
            raise BadCall(f"{place}: {invalid}") from None
        call = Call(self.world, served, self.request, self.entry, who, arg, self.now, fault=fault)
        try:
            if served.style == "upload":
                call.piece = await self._receive()
            result = await served.handler(call)
        finally:
            if call.piece is not None:
                self.world.blobs.discard([call.piece])
        if isinstance(result, Answer):
            return result
        return json_answer(200, encode(served.route.result_type, result))

    async def _receive(self) -> Piece:
        try:
            piece = await self.world.blobs.receive(self.request.stream(), MAX_PAYLOAD)
        except PayloadTooLarge:
            raise Refusal("payload_too_large") from None
        self.entry.bytes_in = piece.size
        return piece

    def _spoil(self, served: Served, who: Any, rule: Rule) -> Answer:
        """The answers of the faults that speak the route's own language."""
        if rule.kind == "expired_token" and isinstance(who, Caller):
            self.world.db.run("UPDATE access_tokens SET expires = 0 WHERE token = :token", token=who.token)
        if rule.kind in ("auth_error", "expired_token"):
            tag = rule.details.get("error", "expired_access_token")
            scope = {"required_scope": served.scope or "files.content.write"} if tag == "missing_scope" else {}
            return misbehaving.auth_answer(tag, **scope)
        return misbehaving.route_error(served.route.error_type, rule)
