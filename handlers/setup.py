"""The set-up link: a page that says what it is for, and the way to Dropbox. callback.py makes the owner."""

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from clients.dropbox_oauth import LOGIN_SCOPES
from handlers import login
from handlers.forms import read_form
from handlers.pages import render, when
from handlers.state import State
from rules.tokens import token_digest
from store import installation, oauth_states, setup_links
from store.connect import Db


async def page(request: Request[State]) -> Response:
    """GET /setup/{token}"""
    await _usable(request)
    return render(request, "login/setup.html", signs_in=True)


async def start(request: Request[State]) -> Response:
    """POST /setup/{token}: 303 to Dropbox; the link is used up when that sign-in succeeds."""
    await _usable(request)
    form = await read_form(request)
    return await login.begin(
        request,
        purpose=oauth_states.SETUP,
        scopes=LOGIN_SCOPES,
        next_path="/",
        other_account=form.values.get("other") == "1",
        setup_hash=token_digest(request.path_params["token"]),
    )


async def _usable(request: Request[State]) -> None:
    """404 for an unknown link, 410 for one that is used or has an owner before it."""
    request.state["limits"].check("setup", request.state["client_ip"])
    used_at, owned = await request.state["database"].read(
        _look, request.path_params["token"], request.state["settings"].owner_dropbox_account_id
    )
    if used_at is not None:
        raise HTTPException(410, f"This set-up link was used on {when(used_at)}.")
    if owned:
        raise HTTPException(410, "This set-up link is no longer needed: the site has an owner.")


def _look(db: Db, token: str, configured_owner: str | None) -> tuple[int | None, bool]:
    return setup_links.used_when(db, token), installation.owner_id(db, configured_owner) is not None
