"""Pages out of templates, with the headers that every page carries, and the check that a form came from us."""

from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from sandbox import words
from sandbox.visitors import signed_in

TEMPLATES = Path(__file__).parent / "templates"
# No form-action: the authorize form's answer redirects to the app, and browsers check every hop against it.
POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; media-src 'self'; connect-src 'self';"
    " base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
}

_environment = Environment(
    loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
)
_environment.filters.update(size=words.size, when=words.when, moment=words.moment, kind=words.kind)


def page(request: Request, template: str, status: int = 200, **values: Any) -> HTMLResponse:
    """A rendered page."""
    text = _environment.get_template(template).render(request=request, me=signed_in(request), **values)
    return HTMLResponse(text, status, HEADERS)


def error_page(request: Request, status: int, title: str, text: str) -> HTMLResponse:
    """A page that says what went wrong."""
    return page(request, "error.html", status, title=title, text=text)


def foreign(request: Request) -> bool:
    """Whether a browser says that another site (or another port) sent this request."""
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return site not in ("same-origin", "none")
    origin = request.headers.get("origin")
    return origin is not None and origin.partition("://")[2] != request.headers.get("host")


def refuse_foreign(request: Request) -> Response | None:
    """The 403 page for a form that another site sent, or None."""
    if not foreign(request):
        return None
    return error_page(request, 403, "Not from here", "This form was sent by another site, so nothing was done.")
