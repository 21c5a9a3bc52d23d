"""The link in the mail to an approved person: whichever Dropbox account signs in through it is bound to the approval.

Looking changes nothing. The binding is made by callback.py's write, when they come back.
"""

from starlette.requests import Request
from starlette.responses import Response

from clients.dropbox_oauth import LOGIN_SCOPES
from handlers import login
from handlers.clock import now_ms
from handlers.forms import read_form
from handlers.pages import render
from handlers.state import State
from rules.tokens import token_digest
from store import claim_links, oauth_states
from store.claim_links import ClaimLink


async def page(request: Request[State]) -> Response:
    """GET /claims/{token}: 200 while somebody may sign in through it, 410 afterwards, 404 for one that never was."""
    link = await _found(request)
    if not link.open(now_ms()):
        return _over(request, link)
    return render(request, "login/claim.html", signs_in=True, link=link)


async def start(request: Request[State]) -> Response:
    """POST /claims/{token}: 303 to Dropbox; the link is used up when that sign-in succeeds."""
    link = await _found(request)
    if not link.open(now_ms()):
        return _over(request, link)
    request.state["limits"].check("sign-in", request.state["client_ip"])
    form = await read_form(request)
    return await login.begin(
        request,
        purpose=oauth_states.LOGIN,
        scopes=LOGIN_SCOPES,
        next_path="/",
        other_account=form.values.get("other") == "1",
        claim_hash=token_digest(request.path_params["token"]),
    )


async def _found(request: Request[State]) -> ClaimLink:
    request.state["limits"].check("link", request.state["client_ip"])
    return await request.state["database"].read(claim_links.find, request.path_params["token"])


def _over(request: Request[State], link: ClaimLink) -> Response:
    return render(
        request, "login/claim_over.html", status=410, signs_in=True, link=link, expired=link.expires_at <= now_ms()
    )
