"""Trouble that people switch on by hand, for one person or for everybody. Most of it is fault rules with a note."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from sandbox import grants, people
from sandbox.faults import Rule
from sandbox.people import Person
from sandbox.world import World

DOWN_PAGE = (
    '<!doctype html><html lang="en"><title>Dropbox is down</title><link rel="icon" href="data:,">'
    "<h1>Dropbox is down</h1><p>The sandbox was told to be.</p>"
)
MINUTE = 60


@dataclass(frozen=True)
class Switch:
    """Something that can be switched on and off: the rule that it puts in force, or for space, none."""

    name: str
    title: str
    text: str
    rule: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Push:
    """Something that happens at once when asked for. `done` says what, after its number."""

    name: str
    title: str
    button: str
    text: str
    done: str
    act: Callable[[World, str | None], int]


SWITCHES = (
    Switch("storage-full", "Storage full", "There is no space left: uploads are refused until you switch this off."),
    Switch(
        "rate-limit",
        "Rate limit for a minute",
        "Every call is answered with “too many requests” and told when the minute is over.",
        # Every route but the token endpoint's, whose name begins with an o.
        {"kind": "rate_limit", "route": "[!o]*", "for_seconds": MINUTE},
    ),
    Switch(
        "down",
        "Dropbox down",
        "Everything, the page where people allow access too, answers 503.",
        {"kind": "status", "route": "*", "details": {"status": 503, "body": DOWN_PAGE}},
    ),
    Switch(
        "lost-answers",
        "Every second answer lost",
        "The work is done, but the connection breaks before the answer arrives.",
        {"kind": "drop", "route": "files/*", "every": 2, "when": "after"},
    ),
    Switch(
        "slow",
        "Slow",
        "Every answer takes five seconds.",
        {"kind": "slow", "route": "*", "details": {"seconds": 5}},
    ),
)
PUSHES = (
    Push(
        "revoke",
        "Revoke now",
        "Revoke now",
        "Every app is disconnected, as people do it in their settings: no token works any more.",
        "connected apps were disconnected",
        lambda world, account_id: grants.revoke_all(world.db, world.clock.now(), account_id),
    ),
    Push(
        "expire",
        "Access tokens expire",
        "Expire them now",
        "Access tokens end early. Refresh tokens still work, so an app should hardly notice.",
        "access tokens have expired",
        lambda world, account_id: grants.expire_tokens(world.db, world.clock.now(), account_id),
    ),
)


def find_switch(name: str) -> Switch | None:
    """A switch by its name."""
    return next((switch for switch in SWITCHES if switch.name == name), None)


def find_push(name: str) -> Push | None:
    """Something to happen at once, by its name."""
    return next((push for push in PUSHES if push.name == name), None)


def _rules(world: World, switch: Switch, person: Person | None) -> list[Rule]:
    email = person.email if person else None
    return [rule for rule in world.faults.rules() if (rule.note, rule.person) == (switch.title, email)]


def is_on(world: World, switch: Switch, person: Person | None) -> bool:
    """Whether a switch is on for a person, or for everybody."""
    if switch.rule:
        return bool(_rules(world, switch, person))
    concerned = [person] if person else people.all_people(world.db)
    return all(world.db.setting(_space_before(one)) for one in concerned)


def turn(world: World, switch: Switch, person: Person | None, *, on: bool) -> None:
    """Switch on or off, for a person or everybody. What is so already stays so."""
    if not switch.rule:
        for one in [person] if person else people.all_people(world.db):
            _fill(world, one) if on else _give_back(world, one)
        return
    for rule in _rules(world, switch, person):
        world.faults.clear(rule.id)
    if on:
        world.faults.add(Rule(**switch.rule, person=person.email if person else None, note=switch.title))


def _space_before(person: Person) -> str:
    return f"space before it was full: {person.account_id}"


def _fill(world: World, person: Person) -> None:
    if not world.db.setting(_space_before(person)):
        world.db.set_setting(_space_before(person), str(person.allocation))
        people.set_allocation(world.db, person.account_id, person.used)


def _give_back(world: World, person: Person) -> None:
    before = world.db.setting(_space_before(person))
    if before:
        people.set_allocation(world.db, person.account_id, int(before))
        world.db.set_setting(_space_before(person), "")
