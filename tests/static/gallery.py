"""A tiny app around the style guide: the real layout, macros, static files and headers, and a form to press."""

import asyncio
from types import SimpleNamespace
from typing import Any

from jinja2 import ChoiceLoader, Environment, FileSystemLoader
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from handlers.forms import Form
from handlers.headers import SecurityHeaders
from handlers.pages import environment
from handlers.static import Static
from settings import Settings

SLOW_SECONDS = 0.5
NOW = 1_795_166_040_000
LONG = "Sommerfest-der-Donaudampfschifffahrtsgesellschaft-" * 3
PERSON = SimpleNamespace(display_name="Jane Doe", email="jane.doe+events@studio-with-a-long-name.example")
WORKSPACES = [
    SimpleNamespace(id="w1", name="Northlight Studio"),
    SimpleNamespace(id="w2", name=LONG),
]


class Gallery:
    """Keeps the one switch of the style guide and counts how often its forms were sent."""

    def __init__(self) -> None:
        self.on = False
        self.posts = 0

    def app(self) -> Starlette:
        """The app; `static` is the real one, so its routes are as in app.py."""
        static = Static()
        self.templates = templates_of(static)
        return Starlette(
            routes=[
                Route("/static/{path:path}", static.serve),
                Route("/switch", self.switch, methods=["POST"]),
                Route("/slow", self.slow, methods=["POST"]),
                Route("/away", self.away, methods=["POST"]),
                Route("/refused", self.refused, methods=["POST"]),
                Route("/door", self.door),
                Route("/problem", self.problem),
                Route("/crowded", self.crowded),
                Route("/{path:path}", self.guide),
            ],
            middleware=[Middleware(SecurityHeaders, https=False)],
        )

    def page(self, template: str, request: Request, status: int = 200, **context: Any) -> HTMLResponse:
        """A page with the names that handlers/pages.py hands to every template."""
        given: dict[str, Any] = {
            "person": PERSON,
            "site_owner": True,
            "pending_requests": 3,
            "workspaces": WORKSPACES,
            "workspace": WORKSPACES[0],
            "flash": [],
            "request_id": "",
        }
        return HTMLResponse(
            self.templates.get_template(template).render(request=request, **{**given, **context}), status
        )

    async def guide(self, request: Request) -> Response:
        form = Form({"email": "jane@", "name": LONG, "message": "Hello", "structure": "by_date", "final": "on"})
        form.errors = {"email": "Type a whole address, such as jane@example.com.", "folder": f"No folder {LONG}."}
        flash = [("ok", "Saved."), ("bad", "Dropbox refused the file.")] if "flash" in request.query_params else []
        return self.page("styleguide.html", request, form=form, now=NOW, long=LONG, on=self.on, flash=flash)

    async def door(self, request: Request) -> Response:
        return self.page("door.html", request, person=None, form=None, theme=request.query_params.get("theme", ""))

    async def problem(self, request: Request) -> Response:
        sentence = "There is nothing here, or you may not see it."
        return self.page(
            "error.html", request, person=None, heading="Not found", sentence=sentence, request_id="b7c1f0a2d3e4"
        )

    async def crowded(self, request: Request) -> Response:
        """For a person in twelve workspaces, of which the last is the current one."""
        many = [SimpleNamespace(id=f"m{number}", name=f"Studio {number}") for number in range(12)]
        return self.page("error.html", request, heading="Crowded", sentence=LONG, workspaces=many, workspace=many[-1])

    async def switch(self, request: Request) -> Response:
        self.posts += 1
        async with request.form() as posted:
            self.on = posted["enabled"] == "on"
        if request.headers.get("x-fragment"):
            return self.page("_switch.html", request, on=self.on)
        return RedirectResponse("/guide", 303)

    async def slow(self, request: Request) -> Response:
        self.posts += 1
        await asyncio.sleep(SLOW_SECONDS)
        return RedirectResponse("/door", 303)

    async def away(self, request: Request) -> Response:
        """Answers an enhanced form with another page, which shows a toast."""
        return RedirectResponse("/elsewhere?flash", 303)

    async def refused(self, request: Request) -> Response:
        """Answers an enhanced form with an error page, which has not the part that was asked for."""
        sentence = "You can see this, but you may not change it."
        return self.page("error.html", request, 403, heading="Not allowed", sentence=sentence)


def templates_of(static: Static) -> Environment:
    """The app's own templates, and beside them those of the style guide."""
    templates = environment(Settings.model_validate({"base_url": "http://127.0.0.1"}), static)
    assert templates.loader is not None
    drawn: Any = templates.get_template("_icons.html").module
    templates.globals["icon_names"] = list(drawn.icons)
    templates.loader = ChoiceLoader([templates.loader, FileSystemLoader("tests/static")])
    return templates
