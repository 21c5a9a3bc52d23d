"""The door of the control API: who may come in, JSON in and out, and how a request that can't be done is answered."""

import ipaddress
import json
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from sandbox.people import Person, find_person
from sandbox.rendering import foreign
from sandbox.wire import BadCall, rpc_body
from sandbox.world import World

LOCAL_NAMES = ("localhost", "127.0.0.1", "::1")
Action = Callable[[World, dict[str, Any], Request], Awaitable[Any]]


class Problem(Exception):
    """A request that can't be done: answered with 400 (or 404) and a sentence."""

    def __init__(self, text: str, status: int = 400) -> None:
        super().__init__(text)
        self.status = status


def _refused(request: Request) -> str | None:
    """Why this request may not use the control API: only programs and pages of this machine may."""
    try:
        local = request.client is not None and ipaddress.ip_address(request.client.host).is_loopback
        # The name too: a page of another site may have had its own name point here.
        named = urlsplit("//" + request.headers.get("host", "")).hostname in LOCAL_NAMES
    except ValueError:
        local = named = False
    if not (local and named):
        return "the control API answers this machine only"
    return "the control API does not answer other sites' pages" if foreign(request) else None


def endpoint(action: Action) -> Callable[[Request], Awaitable[Response]]:
    """An action on the world as an HTTP endpoint: guards, JSON in, JSON out, problems as a sentence."""

    async def answer(request: Request) -> Response:
        refused = _refused(request)
        if refused is not None:
            return JSONResponse({"problem": refused}, 403)
        try:
            body = await rpc_body(request)
            given = json.loads(body) if body else {}
            if not isinstance(given, dict):
                raise Problem("the body must be a JSON object")
            result = await action(request.app.state.world, given, request)
        except Problem as problem:
            return JSONResponse({"problem": str(problem)}, problem.status)
        except (ValueError, TypeError, BadCall) as problem:
            return JSONResponse({"problem": str(problem)}, 400)
        return JSONResponse(result)

    return answer


def text(given: dict[str, Any], name: str) -> str:
    """A field that must be there, as text."""
    value = given.get(name)
    if not isinstance(value, str) or not value:
        raise Problem(f"{name} must be given, as text")
    return value


def duration(given: dict[str, Any]) -> float:
    """The field `seconds`."""
    seconds = given.get("seconds")
    if not isinstance(seconds, (int, float)) or isinstance(seconds, bool):
        raise Problem("seconds must be a number")
    return seconds


def person_named(world: World, name: Any) -> Person:
    """Somebody by address or account id; 404 when there is nobody."""
    person = find_person(world.db, name) if isinstance(name, str) else None
    if person is None:
        raise Problem(f"there is no person {name}", 404)
    return person


def account_named(world: World, given: dict[str, Any]) -> str | None:
    """The account id of the field `person`, or None for everybody when it is left out."""
    return person_named(world, given["person"]).account_id if given.get("person") else None
