"""The sandbox as an ASGI application: one world, its addresses, and what starts and ends with it."""

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from sandbox import browsing, calls_page, contents, oauth, trouble
from sandbox.api import Api
from sandbox.control import table as control
from sandbox.rendering import error_page
from sandbox.token_endpoint import TokenEndpoint
from sandbox.world import World

log = logging.getLogger("sandbox")
ASSETS = Path(__file__).parent / "assets"


async def not_found(request: Request, problem: Exception) -> Response:
    """The page for an address that leads nowhere."""
    return error_page(request, 404, "Nothing here", "This address leads nowhere in the sandbox.")


async def broken(request: Request, problem: Exception) -> Response:
    """The page for a defect of the sandbox, which its log describes."""
    log.error("a defect of the sandbox at %s", request.url.path, exc_info=problem)
    return error_page(request, 500, "The sandbox is broken", "This is a defect of the sandbox: see its log.")


def create_app(directory: Path, *, public_url: str | None = None, fresh: bool = False) -> Starlette:
    """The sandbox that lives in `directory`. `public_url`: the origin to use in links, when the Host header won't do.

    `fresh` removes everything in it first, except the certificates that clients may have been told to trust.

    Raises FolderInUse when another sandbox has the folder open, OtherVersion when another version made it.
    """
    world = World(directory, public_url, fresh=fresh)
    api = Api(world)
    token = TokenEndpoint(world)

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        loading = api.start_loading()
        yield
        loading.cancel()
        world.stopping.set()
        await world.settle()
        world.close()

    app = Starlette(
        routes=[
            Route("/oauth2/authorize", oauth.authorize_page, methods=["GET", "POST"]),
            Route("/oauth2/token", token),
            Route("/1/oauth2/token", token),
            Mount("/2", api),
            Mount("/_sandbox", routes=control.ROUTES),
            Mount("/assets", StaticFiles(directory=ASSETS)),
            *browsing.ROUTES,
            *contents.ROUTES,
            *calls_page.ROUTES,
            *trouble.ROUTES,
            Route("/dl/{token}/{name:path}", contents.TemporaryLink(world)),
        ],
        exception_handlers={404: not_found, 500: broken},
        lifespan=lifespan,
    )
    app.state.world = world
    app.state.api = api
    return app
