"""Looking: what was asked of the sandbox and what lies in it; and the way back to a fresh one."""

from typing import Any

from starlette.requests import Request

from sandbox.control.door import duration, person_named
from sandbox.tree import all_nodes
from sandbox.world import World


async def show_history(world: World, given: dict[str, Any], request: Request) -> Any:
    """GET history?route=&person=&limit=: what was asked, oldest first."""
    query = request.query_params
    limit = int(query.get("limit", 10_000))
    return world.history.entries(route=query.get("route") or None, email=query.get("person") or None, limit=limit)


async def clear_history(world: World, given: dict[str, Any], request: Request) -> Any:
    """DELETE history: forget what was asked."""
    world.history.clear()
    return {}


async def show_complaints(world: World, given: dict[str, Any], request: Request) -> Any:
    """GET complaints?rule=&person=&app=: what no well-behaved integration does, oldest first."""
    query = request.query_params
    wanted = {"rule": query.get("rule"), "email": query.get("person"), "app": query.get("app")}
    return world.complaints.all(**{name: value or None for name, value in wanted.items()})


async def clear_complaints(world: World, given: dict[str, Any], request: Request) -> Any:
    """DELETE complaints: forget them."""
    return {"cleared": world.complaints.clear()}


async def clients_waited(world: World, given: dict[str, Any], request: Request) -> Any:
    """POST complaints/waited: a test has moved its client's own clock by `seconds`, so that waits count as waited."""
    world.watch.clients_waited(int(duration(given) * 1000))
    return {}


async def show_tree(world: World, given: dict[str, Any], request: Request) -> Any:
    """GET tree?person=: every file and folder of a person, with paths in the whole Dropbox."""
    person = person_named(world, request.query_params.get("person"))
    return all_nodes(world.db, person.account_id)


async def reset(world: World, given: dict[str, Any], request: Request) -> Any:
    """POST reset: a fresh sandbox."""
    world.reset()
    return {}
