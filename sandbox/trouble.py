"""The page where people make trouble by hand, and see and end every fault that is in force."""

from urllib.parse import urlencode

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from sandbox.people import Person, all_people, find_person
from sandbox.rendering import page, refuse_foreign
from sandbox.switches import PUSHES, SWITCHES, find_push, find_switch, is_on, turn
from sandbox.world import World


def person_in(world: World, name: object) -> Person | None:
    """The person that a query or form names, None when it names nobody; 404 for a name that nobody has."""
    if not isinstance(name, str) or not name:
        return None
    person = find_person(world.db, name)
    if person is None:
        raise HTTPException(404)
    return person


async def show(request: Request) -> Response:
    """GET /trouble?person=: the switches for a person, or for everybody."""
    world: World = request.app.state.world
    person = person_in(world, request.query_params.get("person"))
    pushed = find_push(request.query_params.get("done", ""))
    number = request.query_params.get("number", "")
    done = f"{number} {pushed.done}." if pushed and number.isdecimal() and len(number) < 9 else None
    return page(
        request,
        "trouble.html",
        person=person,
        people=all_people(world.db),
        switches=[(switch, is_on(world, switch, person)) for switch in SWITCHES],
        pushes=PUSHES,
        rules=world.faults.rules(),
        done=done,
        tab="trouble",
    )


async def act(request: Request) -> Response:
    """POST /trouble/{name}: a switch is turned or something happens at once, for the person in the form."""
    world: World = request.app.state.world
    if refused := refuse_foreign(request):
        return refused
    async with request.form(max_fields=5, max_files=0) as form:
        person, on = person_in(world, form.get("person")), form.get("on") == "yes"
    name = request.path_params["name"]
    query = {"person": person.email} if person else {}
    if push := find_push(name):
        query |= {"done": name, "number": str(push.act(world, person.account_id if person else None))}
    elif switch := find_switch(name):
        turn(world, switch, person, on=on)
    else:
        raise HTTPException(404)
    return RedirectResponse(f"/trouble?{urlencode(query)}#{name}", 303)


async def end(request: Request) -> Response:
    """POST /trouble/rules/end: one rule, or all, are in force no more."""
    world: World = request.app.state.world
    if refused := refuse_foreign(request):
        return refused
    async with request.form(max_fields=5, max_files=0) as form:
        number, person = form.get("id"), person_in(world, form.get("person"))
    world.faults.clear(int(number) if isinstance(number, str) and number.isdecimal() and len(number) < 9 else None)
    return RedirectResponse(f"/trouble?{urlencode({'person': person.email} if person else {})}#rules", 303)


ROUTES = [
    Route("/trouble", show),
    Route("/trouble/rules/end", end, methods=["POST"]),
    Route("/trouble/{name}", act, methods=["POST"]),
]
