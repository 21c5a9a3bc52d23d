"""Signing in and out: the page, the way to Dropbox's authorize page, the refusal, and the end.

The way back is in callback.py.
"""

import secrets

from itsdangerous import BadData
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from clients.dropbox_oauth import LOGIN_SCOPES, challenge_of
from handlers.clock import now_ms
from handlers.forms import read_form
from handlers.guards import DEVICE_COOKIE, who_is_it
from handlers.pages import forget_cookie, render, see_other, set_cookie
from handlers.state import State
from rules.links import safe_next
from rules.tokens import TOKEN_BYTES, is_opaque_token, opaque_token, token_digest
from store import admission, audit, devices, installation, oauth_states
from store.admission import Admission
from store.connect import Db

BROWSER_COOKIE = "__Host-signin"
BROWSER_SECONDS = oauth_states.LIFETIME_MS // 1000
REFUSED_COOKIE = "__Host-refused"
REFUSED_SECONDS = 1800


async def page(request: Request[State]) -> Response:
    """GET /login"""
    next_path = safe_next(request.query_params.get("next"))
    if await who_is_it(request) is not None:
        return see_other(request, next_path or "/")
    return render(request, "login/page.html", signs_in=True, next_path=next_path or "/")


async def start(request: Request[State]) -> Response:
    """POST /login: 303 to Dropbox's authorize page."""
    request.state["limits"].check("sign-in", request.state["client_ip"])
    form = await read_form(request)
    return await begin(
        request,
        purpose=oauth_states.LOGIN,
        scopes=LOGIN_SCOPES,
        next_path=safe_next(form.values.get("next")) or "/",
        other_account=form.values.get("other") == "1",
    )


async def begin(
    request: Request[State],
    *,
    purpose: str,
    scopes: tuple[str, ...],
    next_path: str,
    workspace_id: str | None = None,
    other_account: bool = False,
    setup_hash: str | None = None,
    invitation_hash: str | None = None,
    claim_hash: str | None = None,
) -> Response:
    """Start a round trip to Dropbox: its row, the cookie that ties it to this browser, and the 303.

    `next_path` is where it leads back to; the caller has made sure that it is a path of ours. Every tab gets a row of
    its own; they share the browser's secret.
    """
    state = opaque_token(secrets.token_bytes(TOKEN_BYTES))
    verifier = opaque_token(secrets.token_bytes(TOKEN_BYTES))
    browser = browser_secret(request) or opaque_token(secrets.token_bytes(TOKEN_BYTES))
    person = request.scope["state"].get("person")
    await request.state["database"].write(
        oauth_states.begin,
        purpose=purpose,
        state_hash=token_digest(state),
        browser_hash=token_digest(browser),
        verifier=verifier,
        next_path=next_path,
        account_id=person.account_id if person and purpose == oauth_states.CONNECT else None,
        workspace_id=workspace_id,
        setup_hash=setup_hash,
        invitation_hash=invitation_hash,
        claim_hash=claim_hash,
        keyring=request.state["settings"].keyring,
        now=now_ms(),
    )
    address = request.state["oauth"].authorize_url(
        state=state, challenge=challenge_of(verifier), scopes=scopes, other_account=other_account
    )
    response = RedirectResponse(address, status_code=303)
    signed = request.state["signer"].dumps(browser, salt="browser")
    set_cookie(response, BROWSER_COOKIE, signed, BROWSER_SECONDS)
    return response


def browser_secret(request: Request[State]) -> str | None:
    """What ties round trips to this browser, if it has begun one. The rows say how long each lasts."""
    try:
        secret = request.state["signer"].loads(request.cookies.get(BROWSER_COOKIE, ""), salt="browser")
    except BadData:
        return None
    return secret if isinstance(secret, str) and is_opaque_token(secret) else None


def refuse(request: Request[State], *, account_id: str, email: str, email_verified: bool, name: str) -> Response:
    """303 to the page that says why, with who they are in a short-lived signed cookie: nothing of them is stored."""
    response = see_other(request, "/login/refused")
    signed = request.state["signer"].dumps([account_id, email, email_verified, name], salt="refused")
    set_cookie(response, REFUSED_COOKIE, signed, REFUSED_SECONDS)
    return response


def refused_person(request: Request[State]) -> tuple[str, str, bool, str] | None:
    """Account id, address, whether that is verified, and name of whoever was refused in this browser just now."""
    try:
        values = request.state["signer"].loads(
            request.cookies.get(REFUSED_COOKIE, ""), salt="refused", max_age=REFUSED_SECONDS
        )
        account_id, email, verified, name = values
    except (BadData, TypeError, ValueError):
        return None
    return str(account_id), str(email), verified is True, str(name)


async def refused(request: Request[State]) -> Response:
    """GET /login/refused: as whom they came, and how their request stands now."""
    who = refused_person(request)
    if who is None:
        return see_other(request, "/login")
    account_id, email, verified, name = who
    standing = await request.state["database"].read(
        _standing, account_id, email, verified, request.state["settings"].owner_dropbox_account_id
    )
    if standing.allowed:
        response = see_other(request, "/login", "Your request has been approved. You can sign in now.")
        forget_cookie(response, REFUSED_COOKIE)
        return response
    return render(
        request, "login/refused.html", status=403, signs_in=True, email=email, name=name, standing=str(standing)
    )


async def logout(request: Request[State]) -> Response:
    """POST /logout: this device, on the server too."""
    await request.state["database"].write(
        _sign_out,
        token_digest(request.cookies.get(DEVICE_COOKIE, "")),
        ip=request.state["client_ip"],
        now=now_ms(),
    )
    response = see_other(request, "/", "You are signed out.")
    forget_cookie(response, DEVICE_COOKIE)
    return response


def _standing(db: Db, account_id: str, email: str, verified: bool, configured_owner: str | None) -> Admission:
    owner = installation.owner_id(db, configured_owner)
    return admission.of(db, account_id=account_id, email=email, email_verified=verified, owner=owner, now=now_ms())


def _sign_out(db: Db, secret_hash: str, *, ip: str, now: int) -> None:
    account_id = devices.end_by_secret(db, secret_hash)
    if account_id is not None:
        audit.record(db, at=now, actor=account_id, way="page", action="account.signed_out", subject=account_id, ip=ip)
