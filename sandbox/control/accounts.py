"""People, their space, apps, and what people decide about apps without a browser."""

from dataclasses import asdict
from typing import Any

from starlette.requests import Request

from sandbox import authorize, people
from sandbox.apps import App, all_apps, find_app, save_app
from sandbox.control.door import Problem, person_named, text
from sandbox.people import Person
from sandbox.scopes import WORDS
from sandbox.world import World


def _shown(person: Person) -> dict[str, Any]:
    return {**asdict(person), "display_name": person.display_name}


async def list_people(world: World, given: dict[str, Any], request: Request) -> Any:
    """GET people: everybody."""
    return [_shown(person) for person in people.all_people(world.db)]


async def add_person(world: World, given: dict[str, Any], request: Request) -> Any:
    """POST people: add somebody, or change them."""
    email = text(given, "email")
    if "@" not in email:
        raise Problem("email must be an e-mail address")
    person = people.add_person(
        world.db,
        email,
        given.get("given_name", email.partition("@")[0]),
        given.get("surname", ""),
        email_verified=bool(given.get("email_verified", True)),
        allocation=given.get("allocation"),
    )
    return _shown(person)


async def set_quota(world: World, given: dict[str, Any], request: Request) -> Any:
    """POST quota: a person's space in bytes."""
    person, allocation = person_named(world, given.get("person")), given.get("allocation")
    if type(allocation) is not int or allocation < 0:
        raise Problem("allocation must be a number of bytes")
    people.set_allocation(world.db, person.account_id, allocation)
    return _shown(person_named(world, person.email))


async def list_apps(world: World, given: dict[str, Any], request: Request) -> Any:
    """GET apps: every app with its secret."""
    return [asdict(app) for app in all_apps(world.db)]


async def put_app(world: World, given: dict[str, Any], request: Request) -> Any:
    """POST apps: register an app, or change the fields given of the one with this key."""
    before = find_app(world.db, text(given, "key"))
    fields: dict[str, Any] = {} if before is None else asdict(before)
    unknown = set(given) - set(App.__dataclass_fields__)
    if unknown:
        raise Problem(f"unknown: {', '.join(sorted(unknown))}")
    fields.update(given)
    for name in ("redirect_uris", "scopes"):
        fields[name] = tuple(fields.get(name, getattr(App, name, ())))
    app = App(**fields)
    if app.access not in ("app_folder", "full") or app.status not in ("development", "production"):
        raise Problem("access must be app_folder or full, status development or production")
    if wrong := set(app.scopes) - set(WORDS):
        raise Problem(f"unknown scopes: {', '.join(sorted(wrong))}")
    save_app(world.db, app)
    return asdict(app)


async def decide(world: World, given: dict[str, Any], request: Request) -> Any:
    """POST decide: what a person says to an authorize address, without a browser; where they are sent."""
    query = text(given, "url").partition("?")[2]
    person, decision = person_named(world, given.get("person")), given.get("decision", "allow")
    if decision not in ("allow", "deny"):
        raise Problem("decision must be allow or deny")
    try:
        ask = authorize.read(world.db, query)
        if decision == "deny":
            return {"location": authorize.deny(ask)}
        code = authorize.allow(world.db, ask, person, world.behaviour, world.clock.now())
        return {"location": ask.location(code=code) if ask.redirect_uri else None, "code": code}
    except authorize.ErrorRedirect as refused:
        return {"location": refused.location}
    except authorize.WrongRequest as wrong:
        raise Problem(str(wrong)) from None
