"""The addresses at which apps want to hear of changes."""

from dataclasses import asdict
from typing import Any

from starlette.requests import Request

from sandbox.apps import find_app
from sandbox.control.door import Problem, text
from sandbox.webhooks import Hook, Unverified, verify
from sandbox.world import World


async def list_webhooks(world: World, given: dict[str, Any], request: Request) -> Any:
    """GET webhooks: every address that is told of changes."""
    return [asdict(hook) for hook in world.webhooks.hooks()]


async def add_webhook(world: World, given: dict[str, Any], request: Request) -> Any:
    """POST webhooks: tell an `app` at a `uri` of this machine, once that has answered the challenge."""
    hook = Hook(text(given, "app"), text(given, "uri"))
    if find_app(world.db, hook.app_key) is None:
        raise Problem(f"there is no app {hook.app_key}", 404)
    try:
        await verify(hook.uri)
    except Unverified as problem:
        raise Problem(str(problem)) from None
    world.webhooks.add(hook, world.clock.now())
    return asdict(hook)


async def drop_webhooks(world: World, given: dict[str, Any], request: Request) -> Any:
    """DELETE webhooks (?app=, ?uri=): tell an address, an app or nobody any more."""
    query = request.query_params
    return {"dropped": world.webhooks.drop(query.get("app"), query.get("uri"))}
