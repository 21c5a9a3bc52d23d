"""The whole URL map. A list says who may come in; the handlers behind it say what each may do.

PUBLIC needs nobody. SIGNED_IN and OWNER stand behind handlers/guards.py. API takes bearer tokens and never cookies.
"""

from collections.abc import Callable
from typing import Any

from starlette.middleware import Middleware
from starlette.routing import Route

from handlers import health
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
    # access requests, sign-in
]

SIGNED_IN: list[Route] = [
    # devices
    # workspaces
    # projects and experiences
    # connection
    # export settings
    # results and exports
]

# Below /admin; the site owner alone.
OWNER: list[Route] = []

# Below /api/v1.
API: list[Route] = []
