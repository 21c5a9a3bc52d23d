"""Rendering pages, redirecting after a POST, and the one-time sentence (flash) that crosses that redirect."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from itsdangerous import BadData, URLSafeTimedSerializer
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from handlers.headers import policy_with_form_action
from handlers.static import Static
from rules import failures, permissions
from rules.calendar import last_day
from settings import Settings

FOLDER = Path(__file__).resolve().parent.parent / "templates"
FLASH_COOKIE = "__Host-flash"
FLASH_SECONDS = 120
UNITS = ("bytes", "KB", "MB", "GB", "TB")


def environment(settings: Settings, static: Static) -> Environment:
    """The Jinja environment: autoescape for every suffix, and an error for a name that no handler handed over."""
    env = Environment(
        loader=FileSystemLoader(FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    env.filters.update(when=when, clock=clock, day=day, last_day=last_day, iso=iso, size=size, act=act, noun=noun)
    env.globals.update(
        app_name=settings.app_name,
        base_url=settings.origin,
        static=static.address,
        may=permissions,
        failure_sentence=failures.sentence,
        meanings=failures.MEANINGS,
    )
    return env


def render(
    request: Request[Any], template: str, *, status: int = 200, signs_in: bool = False, **context: object
) -> Response:
    """A page. `signs_in` is for pages with a form that ends at Dropbox's authorize page (see handlers/headers.py)."""
    state = request.scope["state"]
    person = state.get("person")
    flash = _flash(request)
    html = (
        state["templates"]
        .get_template(template)
        .render(
            request=request,
            person=person,
            site_owner=bool(person and person.site_owner),
            pending_requests=person.pending_requests if person else 0,
            workspaces=person.workspaces if person else [],
            request_id=state.get("request_id", ""),
            flash=flash,
            **{"workspace": None, **context},
        )
    )
    response = HTMLResponse(html, status)
    if signs_in:
        response.headers["content-security-policy"] = policy_with_form_action(state["oauth"].authorize_origin)
    if flash:
        forget_cookie(response, FLASH_COOKIE)
    return response


def see_other(request: Request[Any], path: str, sentence: str = "", *, kind: str = "ok") -> Response:
    """The 303 after a POST, with an optional sentence shown on the next page; `kind` is ok, info, warn or bad."""
    response = RedirectResponse(path, status_code=303)
    if sentence:
        set_cookie(response, FLASH_COOKIE, _signer(request).dumps([kind, sentence], salt="flash"), FLASH_SECONDS)
    return response


def set_cookie(response: Response, name: str, value: str, seconds: int) -> None:
    """A cookie as all of ours are: only for this host, only over a secure context, never for scripts."""
    response.set_cookie(name, value, max_age=seconds, path="/", secure=True, httponly=True, samesite="lax")


def forget_cookie(response: Response, name: str) -> None:
    response.delete_cookie(name, path="/", secure=True, httponly=True, samesite="lax")


def when(ms: int) -> str:
    """Milliseconds UTC as people read them: 20 Nov 2026, 09:14 UTC."""
    moment = datetime.fromtimestamp(ms / 1000, UTC)
    return f"{moment.day} {moment:%b %Y, %H:%M} UTC"


def clock(ms: int) -> str:
    """The time of day alone, UTC: 14:02 UTC."""
    return f"{datetime.fromtimestamp(ms / 1000, UTC):%H:%M} UTC"


def day(ms: int) -> str:
    """The day alone, UTC: Feb 11 2026."""
    moment = datetime.fromtimestamp(ms / 1000, UTC)
    return f"{moment:%b} {moment.day} {moment.year}"


def iso(ms: int) -> str:
    """Milliseconds UTC as RFC 3339 in UTC, to the millisecond."""
    return datetime.fromtimestamp(ms / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def act(action: str) -> str:
    """An action of the audit as people read it: "access_request.approved" is "Access request approved"."""
    return action.replace(".", " ").replace("_", " ").capitalize()


def noun(action: str) -> str:
    """What an action of the audit is about: "access_request.approved" is about "access_request"."""
    return action.partition(".")[0]


def size(count: int) -> str:
    """A number of bytes as people read it, in powers of 1,000: 2.4 MB."""
    figure = float(count)
    for unit in UNITS[:-1]:
        if figure < 1000:
            return f"{figure:.0f} {unit}" if unit == "bytes" else f"{figure:.1f} {unit}"
        figure /= 1000
    return f"{figure:.1f} {UNITS[-1]}"


def _flash(request: Request[Any]) -> list[tuple[str, str]]:
    signed = request.cookies.get(FLASH_COOKIE)
    if not signed:
        return []
    try:
        kind, sentence = _signer(request).loads(signed, salt="flash", max_age=FLASH_SECONDS)
    except (BadData, ValueError):
        return []
    return [(str(kind), str(sentence))]


def _signer(request: Request[Any]) -> URLSafeTimedSerializer:
    signer: URLSafeTimedSerializer = request.state["signer"]
    return signer
