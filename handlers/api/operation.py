"""One API route, declared once: what the router serves, what the OpenAPI document says and what the docs page shows."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from handlers.api.models import Body
from store.errors import NotFound

PREFIX = "/api/v1"

Endpoint = Callable[[Request[Any]], Awaitable[Response]]
Said = type[Any] | None


@dataclass(frozen=True)
class Operation:
    """A method on a path below /api/v1, with everything that a client may want to know of it."""

    method: str
    path: str
    endpoint: Endpoint
    summary: str
    answers: Mapping[int, Said]
    body: type[Body] | None = None
    content: Mapping[str, Any] | None = None
    also: type[Body] | None = None
    paged: bool = False
    choices: Mapping[str, type[StrEnum]] = field(default_factory=dict)
    refusals: Sequence[int] = ()
    project_tokens: bool = False
    curl: str = ""
    meanings: Mapping[int, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The operation's id: the endpoint's module and name, as in `results_push`."""
        return f"{self.module}_{self.endpoint.__name__}"

    @property
    def module(self) -> str:
        return self.endpoint.__module__.rpartition(".")[2]

    @property
    def noun(self) -> str:
        """What it is about, as a heading: the endpoint's module in words."""
        return self.module.replace("_", " ").capitalize()

    @property
    def parameters(self) -> list[str]:
        """The names in the path, in order."""
        return [part[1:-1].partition(":")[0] for part in self.path.split("/") if part.startswith("{")]

    @property
    def statuses(self) -> list[int]:
        """Every status that it may answer with. 503 is a database that is busy or failing."""
        found = {*self.answers, *self.refusals, 401, 429, 503}
        if self.parameters or not self.project_tokens:
            found.add(404)
        if self.paged or self.choices:
            found.add(422)
        if self.body is not None or self.content is not None:
            found |= {400, 413, 415, 422}
        return sorted(found)


def api(
    method: str,
    path: str,
    endpoint: Endpoint,
    *,
    summary: str,
    answers: Mapping[int, Said] | Said,
    body: type[Body] | None = None,
    content: Mapping[str, Any] | None = None,
    also: type[Body] | None = None,
    paged: bool = False,
    choices: Mapping[str, type[StrEnum]] | None = None,
    refusals: Sequence[int] = (),
    project_tokens: bool = False,
    curl: str = "",
    meanings: Mapping[int, str] | None = None,
) -> Operation:
    """Declare a route of the API; the list in handlers/routes.py is the only place that does.

    `path` is relative to /api/v1. `answers` maps statuses to answer models (None: no body); a model alone means 200.
    `body` is the model of a JSON body, `content` the OpenAPI content of any other,
    and `also` the model of the JSON that may be sent instead of that. `paged` adds limit and cursor,
    `choices` filters by name. `refusals` are the statuses beyond those that follow from the rest, such as 403 and
    409. Closed by default: only with `project_tokens` does a project token get past the door. `curl` is what the
    docs page adds to the command line for `content`. `meanings` are sentences for statuses that mean something more
    particular here.
    """
    said = answers if isinstance(answers, Mapping) else {200: answers}
    return Operation(
        method,
        path,
        endpoint,
        summary,
        said,
        body,
        content,
        also,
        paged,
        choices or {},
        refusals,
        project_tokens,
        curl,
        meanings or {},
    )


def routes_of(operations: Sequence[Operation]) -> list[Route]:
    """One Route for each path below /api, so that a wrong method gets its 405 with every method that the path has."""
    by_path: dict[str, dict[str, Operation]] = {}
    for each in operations:
        methods = by_path.setdefault(each.path, {})
        if each.method in methods:
            raise ValueError(f"{each.method} {each.path} is declared twice")
        methods[each.method] = each
    return [
        Route(f"/v1{path}", _by_method(methods), methods=list(methods), name=f"api:{path}")
        for path, methods in by_path.items()
    ]


def _by_method(methods: Mapping[str, Operation]) -> Endpoint:
    async def serve(request: Request[Any]) -> Response:
        operation = methods["GET" if request.method == "HEAD" else request.method]
        if request.state["asker"].project_id is not None and not operation.project_tokens:
            raise NotFound
        return await operation.endpoint(request)

    return serve
