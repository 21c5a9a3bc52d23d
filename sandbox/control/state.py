"""Everything at once: one dump of all that the sandbox holds, to look at or to compare two moments by."""

from dataclasses import asdict
from typing import Any

from starlette.requests import Request

from sandbox import grants
from sandbox.apps import all_apps
from sandbox.people import Person, all_people
from sandbox.tree import all_nodes
from sandbox.world import World


def _of_person(world: World, person: Person) -> dict[str, Any]:
    sessions = world.db.all(
        "SELECT id, app_key, kind, closed, length, made FROM upload_sessions WHERE account_id = :a ORDER BY made",
        a=person.account_id,
    )
    return {
        **asdict(person),
        "display_name": person.display_name,
        "grants": [asdict(grant) for grant in grants.live_grants(world.db, person.account_id)],
        "tree": all_nodes(world.db, person.account_id),
        "upload_sessions": [{**dict(row), "closed": bool(row["closed"])} for row in sessions],
    }


async def show_state(world: World, given: dict[str, Any], request: Request) -> Any:
    """GET state: people with their grants, trees and upload sessions; apps, webhooks, figures, faults, complaints."""
    return {
        "now": world.clock.now(),
        "clock_offset": world.clock.offset,
        "people": [_of_person(world, person) for person in all_people(world.db)],
        "apps": [asdict(app) for app in all_apps(world.db)],
        "webhooks": [asdict(hook) for hook in world.webhooks.hooks()],
        "behaviour": vars(world.behaviour),
        "faults": [rule.shown() for rule in world.faults.rules()],
        "complaints": world.complaints.all(),
    }
