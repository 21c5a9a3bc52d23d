"""Reading an API call: who makes it and with what argument, noted in the history before anything else happens."""

import json
from typing import Any

from starlette.requests import Request
from stone.backends.python_rsrc import stone_validators as bv

from sandbox.apps import App
from sandbox.callers import Caller, Rejected, identify, identify_app
from sandbox.calls import Served
from sandbox.history import Entry
from sandbox.listing import open_cursor
from sandbox.people import find_person
from sandbox.wire import BadCall, check_content_type, header_argument, parse, rpc_body
from sandbox.world import World

SHOWN_ARGUMENT = 4096


async def read(
    world: World, request: Request, entry: Entry, served: Served, now: int
) -> tuple[Caller | App | Rejected | None, Any]:
    """The caller and the argument as plain JSON; raises BadCall.

    Instead of the caller: why the token is not accepted, or None on a route that takes none.
    """
    if request.method != "POST" and not (request.method == "GET" and served.style == "download"):
        raise BadCall(f"HTTP method {request.method} is not allowed here.")
    who = _identify(world, request, served, now)
    _note_caller(entry, who)
    if served.style == "rpc":
        argument = await _rpc_argument(request, entry, void=isinstance(served.route.arg_type, bv.Void))
    else:
        argument = parse(header_argument(request), 'HTTP header "Dropbox-API-Arg"')
        if served.style == "upload":
            check_content_type(request, "upload", empty=False)
    _note_argument(entry, argument)
    if who is None:
        _note_cursor(world, entry, argument)
    return who, argument


def _identify(world: World, request: Request, served: Served, now: int) -> Caller | App | Rejected | None:
    if served.auth == "noauth":
        if "authorization" in request.headers:
            raise BadCall('HTTP header "Authorization" must not be sent: what it may see is in the cursor.')
        return None
    return identify_app(world.db, request) if served.auth == "app" else identify(world.db, request, now)


def _note_cursor(world: World, entry: Entry, argument: Any) -> None:
    """Whose cursor a call without credentials shows."""
    text = argument.get("cursor") if isinstance(argument, dict) else None
    try:
        cursor = open_cursor(world.db, text) if isinstance(text, str) else None
    except BadCall:
        return
    person = None if cursor is None else find_person(world.db, cursor.account_id)
    if person is not None:
        entry.email, entry.account_id = person.email, person.account_id


async def _rpc_argument(request: Request, entry: Entry, *, void: bool) -> Any:
    body = await rpc_body(request)
    entry.bytes_in = len(body)
    check_content_type(request, "rpc", empty=void and not body)
    # JavaScript's client sends nothing where the others send `null`.
    return None if void and not body else parse(body, "request body")


def _note_caller(entry: Entry, who: Caller | App | Rejected | None) -> None:
    caller = who.caller if isinstance(who, Rejected) else who
    if isinstance(caller, Caller):
        entry.email, entry.account_id = caller.person.email, caller.account_id
        entry.app, entry.grant = caller.app.key, caller.grant_id
    elif isinstance(caller, App):
        entry.app = caller.key


def _note_argument(entry: Entry, argument: Any) -> None:
    if not isinstance(argument, dict):
        return
    entry.arg = argument if len(json.dumps(argument)) <= SHOWN_ARGUMENT else None
    parts = next((argument[name] for name in ("entries", "paths") if isinstance(argument.get(name), list)), [argument])
    entry.paths += [path for part in parts for path in _paths_in(part)]
    entry.path = entry.paths[0] if entry.paths else None


def _paths_in(part: Any) -> list[str]:
    """The paths that an argument, or an entry of a batch, is about."""
    if isinstance(part, str):
        return [part]
    inner = (
        next((part[name] for name in ("commit", "resource") if name in part), part) if isinstance(part, dict) else {}
    )
    if not isinstance(inner, dict):
        return []
    return [inner[name] for name in ("path", "from_path", "to_path") if isinstance(inner.get(name), str)]
