"""Reading an API call: who makes it and with what argument, noted in the history before anything else happens."""

import json
from typing import Any

from starlette.requests import Request
from stone.backends.python_rsrc import stone_validators as bv

from sandbox.apps import App
from sandbox.callers import Caller, Rejected, identify, identify_app
from sandbox.calls import Served
from sandbox.history import Entry
from sandbox.wire import BadCall, check_content_type, header_argument, parse, rpc_body
from sandbox.world import World

SHOWN_ARGUMENT = 4096


async def read(
    world: World, request: Request, entry: Entry, served: Served, now: int
) -> tuple[Caller | App | Rejected, Any]:
    """The caller (or why the token is not accepted) and the argument as plain JSON; raises BadCall."""
    if request.method != "POST" and not (request.method == "GET" and served.style == "download"):
        raise BadCall(f"HTTP method {request.method} is not allowed here.")
    who = identify_app(world.db, request) if served.for_apps else identify(world.db, request, now)
    _note_caller(entry, who)
    if served.style == "rpc":
        argument = await _rpc_argument(request, entry, void=isinstance(served.route.arg_type, bv.Void))
    else:
        argument = parse(header_argument(request), 'HTTP header "Dropbox-API-Arg"')
        if served.style == "upload":
            check_content_type(request, "upload", empty=False)
    _note_argument(entry, argument)
    return who, argument


async def _rpc_argument(request: Request, entry: Entry, *, void: bool) -> Any:
    body = await rpc_body(request)
    entry.bytes_in = len(body)
    check_content_type(request, "rpc", empty=void and not body)
    # JavaScript's client sends nothing where the others send `null`.
    return None if void and not body else parse(body, "request body")


def _note_caller(entry: Entry, who: Caller | App | Rejected) -> None:
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
    entries = argument.get("entries")
    for part in entries if isinstance(entries, list) else [argument]:
        inner = part.get("commit", part) if isinstance(part, dict) else None
        if isinstance(inner, dict) and isinstance(inner.get("path"), str):
            entry.paths.append(inner["path"])
    entry.path = entry.paths[0] if entry.paths else None
