"""Asking for access: the form, and one and the same answer for every address, whatever stands behind it."""

from itsdangerous import BadData
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from handlers.clock import now_ms
from handlers.forms import Form, read_form
from handlers.login import refused_person
from handlers.pages import render, see_other, set_cookie
from handlers.state import State
from rules.approval import MAX_MESSAGE, MAX_NAME, email_key, validate_email
from rules.characters import strip_invisible
from settings import Settings
from store import access_requests, installation, set_aside
from store.connect import Db
from store.mails import Letterbox
from store.set_aside import Reason

HONEYPOT = "website"
ASKED_COOKIE = "__Host-asked"
ASKED_SECONDS = 3600
FULL = "So many people have asked for access that no more requests are taken at the moment. Try again tomorrow."


async def page(request: Request[State]) -> Response:
    """GET /request-access; whoever was just refused finds their address in it."""
    who = refused_person(request)
    asked = _asked(request)
    values = {"email": who[1], "name": who[3]} if who else {"email": asked} if asked else {}
    return render(request, "access_requests/page.html", form=Form(values))


async def ask(request: Request[State]) -> Response:
    """POST /request-access"""
    request.state["limits"].check("request-access", request.state["client_ip"])
    form = await read_form(request)
    email = form.values.get("email", "").strip()
    name = strip_invisible(form.values.get("name", ""))
    message = strip_invisible(form.values.get("message", ""), multiline=True)
    form.refuse(_wrong(email, name, message))
    if form.errors:
        return render(request, "access_requests/page.html", status=422, form=form)
    if await request.state["database"].read(access_requests.is_full):
        raise HTTPException(503, FULL, {"retry-after": "86400"})
    said = {"email": email, "name": name, "message": message, "ip": request.state["client_ip"]}
    if (reason := _reason_to_set_aside(request, form, email)) is not None:
        await request.state["database"].write(set_aside.keep, reason=reason, **said, now=now_ms())
    else:
        await request.state["database"].write(_ask, request.state["settings"], **said, now=now_ms())
    response = see_other(request, "/request-access/sent")
    set_cookie(response, ASKED_COOKIE, request.state["signer"].dumps(email, salt="asked"), ASKED_SECONDS)
    return response


async def sent(request: Request[State]) -> Response:
    """GET /request-access/sent: the same page at each reload."""
    return render(request, "access_requests/sent.html", email=_asked(request))


def _wrong(email: str, name: str, message: str) -> dict[str, str]:
    errors = {}
    if (sentence := validate_email(email)) is not None:
        errors["email"] = sentence
    for field, text, most in (("name", name, MAX_NAME), ("message", message, MAX_MESSAGE)):
        if len(text) > most:
            errors[field] = f"Keep this to {most} characters; it has {len(text)}."
    return errors


def _reason_to_set_aside(request: Request[State], form: Form, email: str) -> Reason | None:
    """Why nobody is to be told of this one; the answer is the same, and a row is written either way."""
    if form.values.get(HONEYPOT):
        return Reason.TRAP
    try:
        request.state["limits"].check("request-access-address", email_key(email))
    except HTTPException:
        return Reason.OFTEN
    return None


def _ask(db: Db, settings: Settings, *, email: str, name: str, message: str, ip: str, now: int) -> None:
    access_requests.ask(
        db,
        email=email,
        name=name,
        message=message,
        owner_address=installation.owner_address(db, settings.owner_dropbox_account_id, settings.owner_email),
        letterbox=Letterbox.of(settings),
        ip=ip,
        now=now,
    )


def _asked(request: Request[State]) -> str:
    try:
        email = request.state["signer"].loads(
            request.cookies.get(ASKED_COOKIE, ""), salt="asked", max_age=ASKED_SECONDS
        )
    except BadData:
        return ""
    return email if isinstance(email, str) else ""
