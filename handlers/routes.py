"""The whole URL map. A list says who may come in; the handlers behind it say what each may do.

PUBLIC needs nobody. SIGNED_IN and OWNER stand behind handlers/guards.py. API takes bearer tokens and never cookies.
"""

from collections.abc import Callable
from typing import Any

from starlette.middleware import Middleware
from starlette.routing import Route

from handlers import experiences, health, metrics, projects, workspaces
from handlers.api import me
from handlers.api.docs import Docs
from handlers.api.operation import Operation, api
from handlers.body_limit import FORM_BYTES, BodyLimit


def page(path: str, endpoint: Callable[..., Any]) -> Route:
    """A page: GET and HEAD, which change nothing."""
    return Route(path, endpoint, methods=["GET"])


def form(path: str, endpoint: Callable[..., Any]) -> Route:
    """A posted form: small, counted as it comes."""
    return Route(path, endpoint, methods=["POST"], middleware=[Middleware(BodyLimit, most=FORM_BYTES)])


PUBLIC = [
    page("/healthz", health.healthz),
    page("/readyz", health.readyz),
    page("/metrics", metrics.metrics),
    # access requests, sign-in
]

SIGNED_IN: list[Route] = [
    # devices
    # workspaces
    page("/workspaces", workspaces.index),
    form("/workspaces", workspaces.create),
    page("/workspaces/{workspace_id}", workspaces.show),
    form("/workspaces/{workspace_id}", workspaces.rename),
    # projects and experiences
    page("/workspaces/{workspace_id}/projects", projects.index),
    form("/workspaces/{workspace_id}/projects", projects.create),
    page("/projects/{project_id}", projects.show),
    form("/projects/{project_id}", projects.change),
    page("/projects/{project_id}/experiences", experiences.index),
    form("/projects/{project_id}/experiences", experiences.create),
    form("/experiences/{experience_id}", experiences.rename),
    # connection
    # export settings
    # results and exports
]

# Below /admin; the site owner alone.
OWNER: list[Route] = []

# Below /api/v1, behind handlers/api/bearer.py. The document and the docs page are made from these declarations.
API: list[Operation] = [
    api("GET", "/me", me.show, summary="Whose token this is.", answers=me.Me),
    # workspaces
    # projects and experiences
    # connection
    # export settings
    # results
    # exports
]

_docs = Docs(API)

# The two addresses below /api that need no token.
API_DOCS = [page("/api/v1/openapi.json", _docs.document), page("/api/docs", _docs.page)]
