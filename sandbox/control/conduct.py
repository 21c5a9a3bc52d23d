"""How the sandbox behaves: faults, figures, its clock, and what becomes of tokens and cursors."""

from dataclasses import asdict
from typing import Any

from starlette.requests import Request

from sandbox import grants, people
from sandbox.control.door import account_named, duration, person_named
from sandbox.fault_rules import read_rule
from sandbox.world import World


async def list_faults(world: World, given: dict[str, Any], request: Request) -> Any:
    """GET faults: the rules in force and how often each matched and hit."""
    return [rule.shown() for rule in world.faults.rules()]


async def add_fault(world: World, given: dict[str, Any], request: Request) -> Any:
    """POST faults: put a rule in force."""
    table = await request.app.state.api.table()
    return world.faults.add(read_rule(given, table.ROUTES)).shown()


async def clear_faults(world: World, given: dict[str, Any], request: Request) -> Any:
    """DELETE faults (?id=): end one rule or all."""
    number = request.query_params.get("id")
    return {"cleared": world.faults.clear(int(number) if number else None)}


async def expire_tokens(world: World, given: dict[str, Any], request: Request) -> Any:
    """POST tokens/expire: let access tokens expire now, of a person, an app or all."""
    account_id = account_named(world, given)
    return {"expired": grants.expire_tokens(world.db, world.clock.now(), account_id, given.get("app"))}


async def revoke(world: World, given: dict[str, Any], request: Request) -> Any:
    """POST tokens/revoke: the person disconnects the app."""
    account_id = account_named(world, given)
    return {"revoked": grants.revoke_all(world.db, world.clock.now(), account_id, given.get("app"))}


async def list_grants(world: World, given: dict[str, Any], request: Request) -> Any:
    """GET grants?person=: the live grants of a person."""
    person = person_named(world, request.query_params.get("person"))
    return [asdict(grant) for grant in grants.live_grants(world.db, person.account_id)]


async def reset_cursors(world: World, given: dict[str, Any], request: Request) -> Any:
    """POST cursors/reset: every list_folder cursor of a person answers `reset` from now on."""
    people.reset_cursors(world.db, person_named(world, given.get("person")).account_id)
    world.bell.wake()
    return {}


async def show_clock(world: World, given: dict[str, Any], request: Request) -> Any:
    """GET clock: the sandbox's time and how far it is ahead."""
    return {"now": world.clock.now(), "offset": world.clock.offset}


async def move_clock(world: World, given: dict[str, Any], request: Request) -> Any:
    """POST clock: move it forward by `seconds`."""
    world.clock.forward(int(duration(given) * 1000))
    world.bell.wake()
    return await show_clock(world, given, request)


async def show_behaviour(world: World, given: dict[str, Any], request: Request) -> Any:
    """GET behaviour: lifetimes, latency and the write lock."""
    return vars(world.behaviour)


async def change_behaviour(world: World, given: dict[str, Any], request: Request) -> Any:
    """POST behaviour: change some of these figures."""
    world.behaviour.change(given)
    return vars(world.behaviour)
