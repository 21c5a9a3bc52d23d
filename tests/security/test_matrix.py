"""AZ-01, WB-06: what everybody is answered on every route, cell by cell, under which headers; no route is missing."""

from typing import Any

import pytest
from httpx2 import Response

from app import create_app
from tests.cast import SAME_ORIGIN
from tests.handlers.stage import MEMBERS, settings_on
from tests.security.expectations import PUBLIC
from tests.security.house import REVOKED, THEIRS, House
from tests.security.matrix import API, Cell, all_cells, by_path, expected_routes, routes_of
from tests.security.strict import check

PATHS = by_path()
PEOPLE = (*MEMBERS, *THEIRS, "stranger", "site-owner")
SAFE = ("GET", "HEAD", "OPTIONS", "TRACE")
# Where somebody signed out is sent elsewhere than to the sign-in page, if anywhere.
OPEN = {row.path for row in PUBLIC}


def ask(house: House, cell: Cell) -> Response:
    """The cell's request, with the credential of whoever asks."""
    path = house.path(cell.path)
    if cell.path.startswith(f"{API}/") and cell.path != f"{API}/openapi.json":
        return house.client.request(cell.method, path, headers=program(house, cell.who), **api_body(cell))
    form = cell.row.data or None
    if cell.who == "a token instead of a cookie":
        headers = {**house.bearer("owner"), **SAME_ORIGIN}
        return house.browser("signed out").request(cell.method, path, headers=headers, data=form)
    return house.browser(cell.who).request(cell.method, path, data=form)


def program(house: House, who: str) -> dict[str, str]:
    """What a program brings along: a personal token, a project's, or something that is none."""
    match who:
        case "its token" | "another token" | "a viewer's token" | "their token":
            return house.token(who)
        case "a made-up token":
            return {"authorization": f"Bearer clem_{'x' * 43}"}
        case "a cookie alone":
            return {"cookie": "; ".join(f"{name}={value}" for name, value in house.browser("owner").cookies.items())}
        case "basic":
            return {"authorization": house.bearer("owner")["authorization"].replace("Bearer", "Basic")}
    return house.bearer(REVOKED if who == f"{REVOKED}'s token" else who)


def api_body(cell: Cell) -> dict[str, Any]:
    return cell.row.body if cell.method == cell.row.method else {}


@pytest.mark.parametrize("path", PATHS, ids=str)
def test_az_01_wb_06_everybody_is_answered_as_expected_under_the_same_headers(house: House, path: str):
    wrong = []
    house.used_up()
    for cell in PATHS[path]:
        answer = ask(house, cell)
        check(answer, cell)
        if answer.status_code != cell.status:
            wrong.append(f"{cell}: {answer.status_code} instead of {cell.status}")
        if cell.status == 303 and cell.who in ("signed out", REVOKED) and path not in OPEN:
            assert answer.headers["location"].startswith("/login"), cell
        if path.startswith(API) and answer.status_code >= 400 and cell.method != "HEAD":
            assert answer.headers["content-type"] == "application/problem+json", cell
        if cell.method not in SAFE and answer.status_code < 400:
            house.used_up()
        if path == "/logout" and cell.who in PEOPLE:
            house.sign_in_again(cell.who)
    assert not wrong, "\n".join(wrong)


def test_az_01_every_route_has_its_row_and_every_row_its_route(house: House, tmp_path_factory):
    served = routes_of(create_app(settings_on(tmp_path_factory.mktemp("routes"))))
    served = {("GET", path) if path.startswith("/static/") else (method, path) for method, path in served}
    assert served - expected_routes() == set(), "these routes have no row in tests/security/expectations.py"
    assert expected_routes() - served == set(), "these rows have no route"


def test_az_01_the_matrix_is_large():
    assert len(all_cells()) > 2000
