"""The pages for people: whose Dropbox, what is in it, one file, which apps are connected."""

from typing import Any
from urllib.parse import quote

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from sandbox import shelf
from sandbox.apps import find_app
from sandbox.grants import live_grants, revoke_all
from sandbox.people import Person, find_person
from sandbox.rendering import page, refuse_foreign
from sandbox.scopes import WORDS, split
from sandbox.tree import find_live, revisions
from sandbox.visitors import sign_in, sign_out
from sandbox.world import World


def person_of(request: Request) -> Person:
    """The person in the address; 404 when there is nobody of that name."""
    world: World = request.app.state.world
    person = find_person(world.db, request.path_params["person"])
    if person is None:
        raise HTTPException(404)
    return person


def crumbs(path: str) -> list[tuple[str, str]]:
    """The folders on the way to a path: name and path of each."""
    parts = path.split("/")[1:]
    return [(name, "/" + "/".join(parts[: number + 1])) for number, name in enumerate(parts)]


async def home(request: Request) -> Response:
    """GET /: everybody who has a Dropbox here."""
    world: World = request.app.state.world
    version = shelf.version(world.db, None)
    return page(request, "home.html", figures=shelf.figures(world.db), version=version, person=None, tab="people")


async def show(request: Request) -> Response:
    """GET /people/{person}[/files/{path}]: a folder or a file."""
    world: World = request.app.state.world
    person, path = person_of(request), "/" + request.path_params.get("path", "")
    path = path.rstrip("/")
    node = find_live(world.db, person.account_id, path) if path else None
    if path and node is None:
        raise HTTPException(404)
    common: dict[str, Any] = {
        "person": person,
        "tab": "files",
        "crumbs": crumbs(node.display if node else ""),
        "version": shelf.version(world.db, person.account_id),
        "quote": quote,
    }
    if node is not None and node.kind == "file":
        return page(request, "file.html", **common, node=node, revisions=revisions(world.db, node))
    asked = request.query_params.get("page", "1")
    number = max(int(asked), 1) if asked.isdecimal() and len(asked) < 9 else 1
    items, total = shelf.folder(world.db, person.account_id, path, number)
    newest = [] if path else shelf.latest(world.db, person.account_id)
    return page(
        request,
        "folder.html",
        **common,
        node=node,
        items=items,
        latest=newest,
        total=total,
        number=number,
        last=max(-(-total // shelf.PAGE), 1),
    )


async def enter(request: Request) -> Response:
    """POST /people/{person}/sign-in: this browser is that person's from now on."""
    if refused := refuse_foreign(request):
        return refused
    person = person_of(request)
    response = RedirectResponse(f"/people/{quote(person.email)}", 303)
    sign_in(response, person)
    return response


async def leave(request: Request) -> Response:
    """POST /sign-out: this browser is nobody's."""
    if refused := refuse_foreign(request):
        return refused
    response = RedirectResponse("/", 303)
    sign_out(response)
    return response


async def version(request: Request) -> Response:
    """GET /version?person=&of=calls: a number that tells an open page whether to look again."""
    world: World = request.app.state.world
    if request.query_params.get("of") == "calls":
        return JSONResponse({"version": world.history.version()}, headers={"Cache-Control": "no-store"})
    person = find_person(world.db, request.query_params.get("person", ""))
    number = shelf.version(world.db, None if person is None else person.account_id)
    return JSONResponse({"version": number}, headers={"Cache-Control": "no-store"})


async def apps(request: Request) -> Response:
    """GET /people/{person}/apps: the apps that a person has connected, what each may do, and how to end it."""
    world, person = request.app.state.world, person_of(request)
    grants: dict[str, list[Any]] = {}
    for grant in live_grants(world.db, person.account_id):
        grants.setdefault(grant.app_key, []).append(grant)
    connected = [
        {
            "app": app,
            "since": given[0].made,
            "wanted": [
                WORDS.get(scope, scope) for scope in WORDS if scope in {s for g in given for s in split(g.scopes)}
            ],
        }
        for key, given in grants.items()
        if (app := find_app(world.db, key)) is not None
    ]
    ended = find_app(world.db, request.query_params.get("ended", ""))
    return page(request, "apps.html", person=person, tab="apps", connected=connected, ended=ended)


async def disconnect(request: Request) -> Response:
    """POST /people/{person}/apps/{key}/disconnect: every grant between the two dies."""
    world, person, key = request.app.state.world, person_of(request), request.path_params["key"]
    refused = refuse_foreign(request)
    if refused is not None:
        return refused
    revoke_all(world.db, world.clock.now(), person.account_id, key)
    return RedirectResponse(f"/people/{quote(person.email)}/apps?ended={quote(key)}", 303)


ROUTES = [
    Route("/", home),
    Route("/version", version),
    Route("/sign-out", leave, methods=["POST"]),
    Route("/people/{person}/sign-in", enter, methods=["POST"]),
    Route("/people/{person}", show),
    Route("/people/{person}/files/{path:path}", show),
    Route("/people/{person}/apps", apps),
    Route("/people/{person}/apps/{key}/disconnect", disconnect, methods=["POST"]),
]
