"""The page that an invitation's link opens, for whoever holds the link, signed in or not. Looking changes nothing.

Sending invitations is inviting.py's part.
"""

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from clients.dropbox_oauth import LOGIN_SCOPES
from handlers import login
from handlers.clock import now_ms
from handlers.forms import read_form
from handlers.guards import who_is_it
from handlers.pages import render, see_other, when
from handlers.state import State
from rules.invitations import Invited
from rules.tokens import token_digest
from settings import Settings
from store import installation, invitations, joining, oauth_states, standing
from store.connect import Db
from store.invitations import Invitation


async def page(request: Request[State]) -> Response:
    """GET /invitations/{token}: who invites into what, and the button that takes it up."""
    invitation, is_member = await _look(request)
    if invitation.worth is Invited.ACCEPTED and is_member:
        return see_other(request, f"/workspaces/{invitation.workspace_id}", f"You are in {invitation.workspace_name}.")
    _refuse_worthless(invitation)
    return render(
        request,
        "invitations/page.html",
        signs_in=True,
        invitation=invitation,
        path=f"/invitations/{request.path_params['token']}",
        is_member=is_member,
    )


async def accept(request: Request[State]) -> Response:
    """POST /invitations/{token}: join; or, signed out or with other=1, sign in and join."""
    invitation, _ = await _look(request)
    _refuse_worthless(invitation)
    form = await read_form(request)
    token_hash = token_digest(request.path_params["token"])
    other = form.values.get("other") == "1"
    person = request.scope["state"].get("person")
    if person is None or other:
        request.state["limits"].check("sign-in", request.state["client_ip"])
        return await login.begin(
            request,
            purpose=oauth_states.LOGIN,
            scopes=LOGIN_SCOPES,
            next_path=f"/invitations/{request.path_params['token']}",
            other_account=other,
            invitation_hash=token_hash,
        )
    await request.state["database"].write(
        _accept,
        request.state["settings"],
        token_hash,
        account_id=person.account_id,
        ip=request.state["client_ip"],
    )
    return see_other(request, f"/workspaces/{invitation.workspace_id}", f"You are in {invitation.workspace_name} now.")


async def _look(request: Request[State]) -> tuple[Invitation, bool]:
    """The invitation of the link, and whether whoever looks is in that workspace; 404 for an unknown link."""
    request.state["limits"].check("link", request.state["client_ip"])
    person = await who_is_it(request)
    if person is not None:
        request.state["person"] = person
    return await request.state["database"].read(
        _found,
        request.state["settings"],
        request.path_params["token"],
        account_id=person.account_id if person else None,
    )


def _refuse_worthless(invitation: Invitation) -> None:
    """410 for one that can't be taken up any more, saying why and since when."""
    if invitation.worth is Invited.OPEN:
        return
    sentence = joining.WORTHLESS[invitation.worth]
    if invitation.ended_at is not None:
        sentence = f"{sentence.rstrip('.')} on {when(invitation.ended_at)}."
    raise HTTPException(410, sentence)


def _accept(db: Db, settings: Settings, token_hash: str, *, account_id: str, ip: str) -> None:
    owner = installation.owner_id(db, settings.owner_dropbox_account_id)
    joining.accept(db, token_hash, account_id=account_id, owner=owner, now=now_ms(), ip=ip)


def _found(db: Db, settings: Settings, token: str, *, account_id: str | None) -> tuple[Invitation, bool]:
    owner = installation.owner_id(db, settings.owner_dropbox_account_id)
    invitation = invitations.by_token(db, token, owner=owner, now=now_ms())
    role = standing.workspace_role(db, account_id, invitation.workspace_id) if account_id else None
    return invitation, role is not None
