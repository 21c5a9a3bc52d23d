"""The pages for people: who has a Dropbox here."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox.people import all_people
from sandbox.rendering import page


async def home(request: Request) -> Response:
    """GET /: everybody who has a Dropbox here."""
    return page(request, "home.html", people=all_people(request.app.state.world.db))


ROUTES = [Route("/", home)]
