"""AZ-04: no statement that a request leads to looks at a tenant's table without naming something of the asker's.

Every read and write that handlers ask for is watched on its own connection, with the values that were bound. A strict
approximation: a statement on a tenant's table must name, as a whole text, an id that belongs to the workspace which
was asked for, or to the person or token who asks. Whatever ranges over tenants by design is listed with its reason.
"""

import re
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from rules.tokens import token_digest
from store.connect import Db, rows
from store.database import Database
from tests.security import expectations
from tests.security.house import House

TENANT_TABLES = {
    "workspaces",
    "members",
    "projects",
    "project_members",
    "experiences",
    "sessions",
    "results",
    "artifacts",
    "connections",
    "export_settings",
    "folder_claims",
    "exports",
    "exports_with_names",
    "path_claims",
    "attempts",
    "invitations",
    "api_tokens",
    "devices",
}
ACROSS_TENANTS = {
    "sweep": "what a stop left behind is skipped in slices, whoever's it is; no row of it is answered to anybody",
    "by_state": "counts for the operator's metrics",
    "schema_version": "whether the database answers",
}
TABLES = re.compile(r"\b(?:from|join|update|into)\s+\"?(\w+)", re.IGNORECASE)
TEXTS = re.compile(r"'((?:[^']|'')*)'")


@dataclass
class Watched:
    """Statements by the store function that sent them, as handlers asked for them."""

    statements: list[tuple[str, str]] = field(default_factory=list)

    def wrap(self, fn: Callable[..., Any]) -> Callable[..., Any]:
        def watched(db: Db, *args: Any, **kwargs: Any) -> Any:
            db.conn.set_trace_callback(lambda sql: self.statements.append((fn.__name__, sql)))
            try:
                return fn(db, *args, **kwargs)
            finally:
                db.conn.set_trace_callback(None)

        watched.__name__ = fn.__name__
        return watched


@pytest.fixture
def watched(monkeypatch: pytest.MonkeyPatch) -> Iterator[Watched]:
    """Sits between handlers and database; what the engine does meanwhile is not looked at."""
    watching = Watched()
    for name in ("read", "write"):
        plain = getattr(Database, name)

        def asked(
            self: Database, fn: Callable[..., Any], *args: Any, plain: Callable[..., Any] = plain, **kwargs: Any
        ) -> Any:
            by_handler = sys._getframe(1).f_globals["__name__"].startswith("handlers")
            return plain(self, watching.wrap(fn) if by_handler else fn, *args, **kwargs)

        monkeypatch.setattr(Database, name, asked)
    yield watching


def ids_of_scene(house: House, who: str) -> set[str]:
    """Everything that names the workspace that is asked for, or whoever asks."""
    workspace = house.clean_scene().workspace.id
    found = {workspace, f"dbid:{who}"}
    found |= {str(row["id"]) for row in rows(house.db, "select id from projects where workspace_id = :w", w=workspace)}
    for table in ("experiences", "results", "exports", "connections", "invitations", "sessions", "artifacts"):
        columns = {str(row["name"]) for row in rows(house.db, f"pragma table_info({table})")}
        owner = next(name for name in ("workspace_id", "project_id", "experience_id", "result_id") if name in columns)
        for row in rows(house.db, f"select * from {table}"):
            if str(row[owner]) in found:
                found |= {str(row["id"])} | ({str(row["media_key"])} if "media_key" in row else set())
    links = rows(house.db, "select token_hash, invitation_id from invitation_links")
    found |= {str(row["token_hash"]) for row in links if str(row["invitation_id"]) in found}
    digests = rows(house.db, "select secret_hash as h, id from devices where account_id = :a", a=f"dbid:{who}")
    found |= {str(row[name]) for row in digests for name in ("h", "id")}
    tokens = rows(house.db, "select token_hash as h, id from api_tokens where account_id = :a", a=f"dbid:{who}")
    return found | {str(row[name]) for row in tokens for name in ("h", "id")}


def breaches(statements: list[tuple[str, str]], ours: set[str]) -> set[str]:
    """The statements on a tenant's table that name nothing of ours."""
    found = set()
    for name, sql in statements:
        if name in ACROSS_TENANTS or not TENANT_TABLES & {table.lower() for table in TABLES.findall(sql)}:
            continue
        inserts = re.match(r"\s*insert\b(?!.*\bselect\b)", sql, re.IGNORECASE | re.DOTALL)
        if not inserts and not ours & set(TEXTS.findall(sql)):
            found.add(f"{name}: {' '.join(sql.split())}")
    return found


@pytest.mark.parametrize("row", [*expectations.PAGES, *expectations.OWN], ids=str)
def test_az_04_a_page_looks_at_nothing_but_the_asker_s(house: House, watched: Watched, row: expectations.Row):
    house.used_up()
    path = house.path(row.path)
    before = ids_of_scene(house, "owner")
    watched.statements.clear()
    answer = house.browser("owner").request(row.method, path, data=row.data or None)
    assert answer.status_code < 500
    assert watched.statements
    assert breaches(watched.statements, before | ids_of_scene(house, "owner")) == set()
    if row.path == "/logout":
        house.sign_in_again("owner")
    house.used_up()


@pytest.mark.parametrize("row", expectations.API, ids=str)
def test_az_04_an_api_call_looks_at_nothing_but_the_asker_s(house: House, watched: Watched, row: expectations.Row):
    house.used_up()
    path = house.path(row.path)
    before = ids_of_scene(house, "owner")
    watched.statements.clear()
    answer = house.client.request(row.method, f"/api/v1{path}", headers=house.bearer("owner"), **row.body)
    assert answer.status_code < 500
    assert breaches(watched.statements, before | ids_of_scene(house, "owner")) == set()
    house.used_up()


def test_az_04_the_check_sees_what_it_is_for(house: House, watched: Watched):
    ours = ids_of_scene(house, "owner")
    mine = house.clean_scene().workspace.id
    assert breaches([("f", "select * from projects")], ours)
    assert breaches([("f", "select * from projects where id = 'somebody-else'")], ours)
    assert breaches([("f", "update exports set state = 'skipped' where state = 'waiting'")], ours)
    assert breaches([("f", "delete from members")], ours)
    assert not breaches([("f", f"select * from projects where workspace_id = '{mine}'")], ours)
    assert not breaches([("f", "select * from oauth_states")], ours)
    assert not breaches([("f", "insert into projects (id) values ('new')")], ours)
    watched.statements.clear()
    house.browser("owner").get("/workspaces")
    assert any(f"'{token_digest(house.browser('owner').cookies['__Host-device'])}'" in s for _, s in watched.statements)
