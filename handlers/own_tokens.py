"""The account's API tokens: the list, a new one, shown this once, and ending one."""

import re
import secrets

from starlette.requests import Request
from starlette.responses import Response

from handlers.clock import now_ms
from handlers.forms import Form, read_form
from handlers.guards import recently
from handlers.pages import render, see_other
from handlers.state import State
from rules.links import safe_next
from store import own_tokens
from store.errors import Conflict, Invalid, NotFound, NotPermitted

LIST = "/account/tokens"
NEW = "/account/tokens/new"
PERSONAL = "personal"
DAY_MS = 86_400_000
# What the form offers: days → words. "0" is a token that only revoking ends.
ENDS = {"30": "In 30 days", "90": "In 90 days", "365": "In a year", "0": "Never, until it is revoked"}
_FORM_ID = re.compile(r"[A-Za-z0-9_-]{16}")


async def index(request: Request[State]) -> Response:
    """GET /account/tokens"""
    now = now_ms()
    found = await request.state["database"].read(own_tokens.of_account, request.state["person"].account_id, now=now)
    return render(request, "own_tokens/index.html", tokens=found, now=now)


async def ask(request: Request[State]) -> Response:
    """GET /account/tokens/new?project=: the form, beginning with that project."""
    project = request.query_params.get("project", "")
    recently(request, (safe_next(f"{NEW}?project={project}") if project else None) or NEW)
    return await _form_page(request, Form({"project": project}))


async def make(request: Request[State]) -> Response:
    """POST /account/tokens: name, project, days, form: the id of the form, so that sending it again makes no second."""
    recently(request, NEW)
    form = await read_form(request)
    name = form.text("name", required="Give the token a name, such as what uses it.", most=own_tokens.MOST_NAME)
    days = form.choice("days", ENDS, sentence="Choose when it ends.")
    project = form.text("project") or PERSONAL
    row_id = form.values.get("form", "")
    if form.errors or not _FORM_ID.fullmatch(row_id):
        return await _form_page(request, form, status=422)
    now = now_ms()
    try:
        token = await request.state["database"].write(
            own_tokens.make,
            account_id=request.state["person"].account_id,
            project_id=None if project == PERSONAL else project,
            name=name,
            expires_at=now + int(days) * DAY_MS if days != "0" else None,
            by=request.state["person"].account_id,
            now=now,
            ip=request.state["client_ip"],
            row_id=row_id,
        )
    except Invalid as invalid:
        form.refuse(invalid.errors)
    except (NotFound, NotPermitted):
        form.refuse({"project": "Choose a project that you may edit."})
    except Conflict as conflict:
        return see_other(request, LIST, conflict.message, kind="info")
    else:
        return render(request, "own_tokens/made.html", status=201, token=token, name=name)
    return await _form_page(request, form, status=422)


async def revoke(request: Request[State]) -> Response:
    """POST /account/tokens/{id}/revoke"""
    name = await request.state["database"].write(
        own_tokens.revoke,
        request.state["person"].account_id,
        request.path_params["id"],
        now=now_ms(),
        ip=request.state["client_ip"],
    )
    return see_other(request, LIST, f"The token {name} is revoked." if name else "The token is revoked.")


async def _form_page(request: Request[State], form: Form, *, status: int = 200) -> Response:
    projects = await request.state["database"].read(own_tokens.editable_projects, request.state["person"].account_id)
    return render(
        request,
        "own_tokens/new.html",
        status=status,
        form=form,
        form_id=secrets.token_urlsafe(12),
        scopes=[
            (PERSONAL, "Everything that you may do"),
            *((each.id, f"Only {each.name} in {each.workspace_name}: push and read results") for each in projects),
        ],
        ends=list(ENDS.items()),
    )
