"""The one address to which Dropbox sends people back, from signing in and from connecting alike.

What the trip was for, whose it is and where it leads comes from its row, never from the address.
"""

import asyncio
import secrets
from urllib.parse import quote

import structlog
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from clients.dropbox_oauth import CONNECT_SCOPES, LOGIN_SCOPES, DropboxAccount, Grant
from handlers import connection, login
from handlers.clock import now_ms
from handlers.guards import DEVICE_COOKIE, who_is_it
from handlers.pages import forget_cookie, see_other, set_cookie
from handlers.state import State
from rules.failures import DropboxFailure, Failure, FailureKind
from rules.linked_people import says_limit
from rules.tokens import TOKEN_BYTES, opaque_token, token_digest
from store import devices, installation, oauth_states, outbox, setup_links, sign_in
from store.errors import NotFound
from store.oauth_states import CONNECT, SETUP, OAuthState
from store.sign_in import Arrival, Outcome

log = structlog.get_logger("login")

NOT_OURS = (
    "This sign-in link has been used, has expired, or was begun in another browser, so nothing was done. "
    "Begin again from the sign-in page."
)
CANCELLED = {CONNECT: "Dropbox was not connected, because the request was cancelled there. Nothing has changed."}
CANCELLED_LOGIN = "You were not signed in, because the request was cancelled at Dropbox."
NOT_OFFERED = {
    CONNECT: "Dropbox was not connected, because this site's Dropbox app may not ask for all that exports need "
    f"({', '.join(CONNECT_SCOPES)}). Whoever runs the site can permit it in the app's settings at Dropbox."
}
NOT_OFFERED_LOGIN = (
    "You were not signed in, because this site's Dropbox app may not ask for what that needs "
    f"({', '.join(LOGIN_SCOPES)}). Whoever runs the site can permit it in the app's settings at Dropbox."
)
FAILED = {CONNECT: "Dropbox was not connected: it did not answer as it should. Nothing has changed; try again."}
FAILED_LOGIN = "You were not signed in: Dropbox did not answer as it should. Try again in a moment."
FULL = {
    CONNECT: "Dropbox was not connected: this site's Dropbox app has as many people as Dropbox allows it. Ask whoever "
    "runs the site; they can apply for more at Dropbox. Nothing has changed."
}
FULL_LOGIN = (
    "You were not signed in: this site's Dropbox app has as many people as Dropbox allows it. Ask whoever runs the "
    "site; they can apply for more at Dropbox."
)
# By OAuth's error code; whatever else comes in its place is FAILED, and never repeated.
REFUSALS: dict[str | None, tuple[dict[str, str], str, str]] = {
    "access_denied": (CANCELLED, CANCELLED_LOGIN, "info"),
    "invalid_scope": (NOT_OFFERED, NOT_OFFERED_LOGIN, "warn"),
}


async def callback(request: Request[State]) -> Response:
    """GET /auth/dropbox/callback"""
    request.state["limits"].check("callback", request.state["client_ip"])
    trip = await _trip(request)
    person = await who_is_it(request)
    if person is not None:
        request.state["person"] = person
    if "error" in request.query_params or not request.query_params.get("code"):
        error = request.query_params.get("error")
        if says_limit(request.query_params.get("error_description", "")):
            return await _full(request, trip)
        sentences, otherwise, kind = REFUSALS.get(error, (FAILED, FAILED_LOGIN, "warn"))
        log.info("authorize refused", purpose=trip.purpose, error=error if error in REFUSALS else "another")
        return _back(request, trip, sentences.get(trip.purpose, otherwise), kind)
    if trip.purpose == CONNECT and (person is None or person.account_id != trip.account_id):
        # Before the code is exchanged: nobody's grant is made for somebody else.
        sentence = "Dropbox was not connected, because you are no longer signed in as the person who began it."
        to = "/" if person else f"/login?next={quote(trip.next, safe='/')}"
        return see_other(request, to, sentence, kind="warn")
    try:
        grant, account = await _exchange(request, trip)
    except DropboxFailure as error:
        log.warning("sign-in failed at Dropbox", purpose=trip.purpose, reason=str(error))
        return _back(request, trip, FAILED.get(trip.purpose, FAILED_LOGIN), "warn")
    if trip.purpose == CONNECT:
        return await connection.finish_connect(request, trip, grant, account)
    return await _finish_sign_in(request, trip, grant, account)


async def _full(request: Request[State], trip: OAuthState) -> Response:
    """Dropbox lets its app have no more people: a sentence for the person here, and one for the site owner in Admin."""
    log.error("Dropbox refuses more people", purpose=trip.purpose)
    await request.state["database"].write(installation.people_refused, now=now_ms())
    return _back(request, trip, FULL.get(trip.purpose, FULL_LOGIN), "warn")


async def _trip(request: Request[State]) -> OAuthState:
    """The row of this trip, used up by this very call; anything wrong is the same 400."""
    given = request.query_params.get("state", "")
    browser = login.browser_secret(request)
    if not given or browser is None:
        raise HTTPException(400, NOT_OURS)
    try:
        return await request.state["database"].write(
            oauth_states.take,
            state_hash=token_digest(given),
            browser_hash=token_digest(browser),
            keyring=request.state["settings"].keyring,
            now=now_ms(),
        )
    except NotFound:
        raise HTTPException(400, NOT_OURS) from None


async def _exchange(request: Request[State], trip: OAuthState) -> tuple[Grant, DropboxAccount]:
    """The code for a grant, and whose it is. A grant whose account can't be learned is handed back."""
    oauth = request.state["oauth"]
    grant = await asyncio.to_thread(oauth.exchange, request.query_params["code"], trip.verifier)
    try:
        account = await asyncio.to_thread(oauth.account, grant.access_token)
        if account.account_id != grant.account_id:
            raise DropboxFailure(Failure(FailureKind.DEFECT, "the grant and the account do not belong together"))
    except DropboxFailure:
        await request.state["database"].write(
            outbox.add_revocation,
            refresh_token=grant.refresh_token,
            keyring=request.state["settings"].keyring,
            now=now_ms(),
        )
        raise
    return grant, account


async def _finish_sign_in(request: Request[State], trip: OAuthState, grant: Grant, account: DropboxAccount) -> Response:
    settings = request.state["settings"]
    secret = opaque_token(secrets.token_bytes(TOKEN_BYTES))
    former = request.cookies.get(DEVICE_COOKIE)
    arrival = Arrival(
        account_id=account.account_id,
        email=account.email,
        email_verified=account.email_verified,
        display_name=account.display_name,
        scopes=" ".join(grant.scopes),
        user_agent=request.headers.get("user-agent", ""),
        ip=request.state["client_ip"],
        refresh_token=grant.refresh_token,
        secret_hash=token_digest(secret),
        replaces=token_digest(former) if former else None,
        setup_hash=trip.setup_hash,
        invitation_hash=trip.invitation_hash,
        claim_hash=trip.claim_hash,
    )
    outcome: Outcome = await request.state["database"].write(
        sign_in.complete,
        arrival,
        configured_owner=settings.owner_dropbox_account_id,
        keyring=settings.keyring,
        now=now_ms(),
    )
    if not outcome.signed_in:
        log.info("sign-in refused", standing=str(outcome.admission), link_spent=outcome.link_spent)
    if outcome.link_spent:
        raise HTTPException(410, "This set-up link has been used: the site has an owner.")
    if not outcome.signed_in:
        return login.refuse(
            request,
            account_id=account.account_id,
            email=account.email,
            email_verified=account.email_verified,
            name=account.display_name,
        )
    if trip.purpose == SETUP:
        await asyncio.to_thread(setup_links.forget_file, settings.data_dir)
    response = see_other(request, trip.next)
    set_cookie(response, DEVICE_COOKIE, secret, devices.LIFETIME_MS // 1000)
    forget_cookie(response, login.REFUSED_COOKIE)
    return response


def _back(request: Request[State], trip: OAuthState, sentence: str, kind: str) -> Response:
    """Where the trip began: the page that connects, or the sign-in page, which remembers where to go on."""
    if trip.purpose == CONNECT:
        return see_other(request, trip.next, sentence, kind=kind)
    to = "/login" if trip.next == "/" else f"/login?next={quote(trip.next, safe='/')}"
    if trip.purpose == SETUP:
        sentence = f"{sentence} To become the site's owner, open the set-up link again."
    return see_other(request, to, sentence, kind=kind)
