"""The authorisation matrix (AZ-01): every route, by everybody, with every kind of credential, by every method.

`python -m tests.security.matrix` prints how many cells it has.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from starlette.applications import Starlette
from starlette.routing import BaseRoute, Mount, Route

from tests.security import expectations
from tests.security.expectations import ADMIN_COLUMNS, API_COLUMNS, PAGE_COLUMNS, PUBLIC_COLUMNS, Row
from tests.security.house import ABROAD, REVOKED, SITE_OWNER

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE")
API = "/api/v1"
# What a program may bring that is none of its tokens, beside the nothing that "no token" is.
NO_TOKENS = (f"{REVOKED}'s token", "a made-up token", "a cookie alone", "basic")
NO_PERSON = (REVOKED, "a token instead of a cookie")


@dataclass(frozen=True)
class Cell:
    """One request: a row, perhaps by another method, by somebody; and the status that it must get."""

    row: Row
    method: str
    who: str
    status: int

    @property
    def path(self) -> str:
        return self.row.path

    def __str__(self) -> str:
        return f"{self.method} {self.path} by {self.who}"


def page_cells() -> Iterator[Cell]:
    """Pages and their forms. People of other workspaces are strangers; the revoked are signed out."""
    for row in (*expectations.PAGES, *expectations.OWN):
        yield from _row(row, PAGE_COLUMNS, {"stranger": ABROAD, "signed out": NO_PERSON})
    for row in expectations.ADMIN:
        others = {"stranger": (*PAGE_COLUMNS[:5], *ABROAD[:5]), "signed out": NO_PERSON}
        yield from _row(row, ADMIN_COLUMNS, others)
    for row in expectations.PUBLIC:
        yield from _row(row, PUBLIC_COLUMNS, {"stranger": ("owner", "site-owner"), "signed out": NO_PERSON})


def api_cells() -> Iterator[Cell]:
    """The API, with the whole path."""
    for row in expectations.API:
        whole = Row(row.method, f"{API}{row.path}", row.statuses, row.data, row.push)
        others = {"stranger": ABROAD, "another token": ("their token", "a viewer's token"), "no token": NO_TOKENS}
        yield from _row(whole, API_COLUMNS, others)


def other_method_cells() -> Iterator[Cell]:
    """Methods that a path does not have: nothing is told, done or opened by one."""
    known: dict[str, set[str]] = {}
    for cell in (*page_cells(), *api_cells()):
        known.setdefault(cell.path, set()).add(cell.method)
    for path, methods in known.items():
        for method in (each for each in METHODS if each not in methods):
            for who, status in _without_it(path).items():
                yield Cell(Row(method, path, ""), method, who, status)


def _without_it(path: str) -> dict[str, int]:
    """What a method that the path does not have is answered, by who asks."""
    if path in {row.path for row in expectations.PUBLIC}:
        # The closed door behind the public routes answers: it takes every path that no other list has.
        api = path.startswith("/api/")
        return {"stranger": 401, "signed out": 401} if api else {"stranger": 404, "signed out": 303}
    if path in {row.path for row in expectations.ADMIN}:
        return {SITE_OWNER: 405, "owner": 404, "stranger": 404, "signed out": 303, REVOKED: 303}
    if path.startswith(API):
        return {"owner": 405, "viewer": 405, "stranger": 405, "its token": 405, "no token": 401}
    return {"owner": 405, "viewer": 405, "stranger": 405, SITE_OWNER: 405, "signed out": 303, REVOKED: 303}


def _row(row: Row, columns: Sequence[str], others: dict[str, tuple[str, ...]]) -> Iterator[Cell]:
    for who, text in zip(columns, row.statuses.split(), strict=True):
        for each in (who, *others.get(who, ())):
            yield Cell(row, row.method, each, int(text))
            if row.method == "GET":
                yield Cell(row, "HEAD", each, int(text))


def all_cells() -> list[Cell]:
    return [*page_cells(), *api_cells(), *other_method_cells()]


def by_path() -> dict[str, list[Cell]]:
    """The cells of each path, so that a test of one path reuses what it has set up."""
    found: dict[str, list[Cell]] = {}
    for cell in all_cells():
        found.setdefault(cell.path, []).append(cell)
    return found


def routes_of(app: Starlette) -> set[tuple[str, str]]:
    """Every method and whole path that the app really serves, wherever it was put in; HEAD goes with GET."""
    return set(_walk(app.routes, ""))


def _walk(routes: Sequence[BaseRoute], prefix: str) -> Iterator[tuple[str, str]]:
    for route in routes:
        if isinstance(route, Mount):
            yield from _walk(route.routes, prefix + route.path)
            continue
        # A route of another kind (a websocket, a host) would need expectations of its own.
        assert isinstance(route, Route), route
        path = re.sub(r"{(\w+):\w+}", r"{\1}", prefix + route.path)
        # A class takes every method past the guard, and has its own for those that it knows.
        own = {name for name in METHODS if hasattr(route.endpoint, name.lower())}
        methods = route.methods or own
        for method in methods - {"HEAD"} if "GET" in methods else methods:
            yield method, path


def expected_routes() -> set[tuple[str, str]]:
    """Every method and path that the expectations know."""
    pages = (*expectations.PAGES, *expectations.OWN, *expectations.ADMIN, *expectations.PUBLIC)
    return {(row.method, row.path) for row in pages} | {(row.method, f"{API}{row.path}") for row in expectations.API}


if __name__ == "__main__":
    print(f"{len(all_cells())} cells on {len(by_path())} paths, {len(expected_routes())} routes")
