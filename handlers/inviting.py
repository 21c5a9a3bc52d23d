"""Inviting people to a workspace: sent, sent again and withdrawn, from the page of its people.

The page that an invitation's link opens is invitations.py's.
"""

from starlette.requests import Request
from starlette.responses import Response

from handlers import seen
from handlers.clock import now_ms
from handlers.forms import Form, read_form
from handlers.guards import permit
from handlers.members import RUNNERS_ONLY, members_of, people_page
from handlers.pages import see_other
from handlers.state import State
from rules.approval import email_key
from rules.permissions import can_invite
from rules.states import ProjectRole, WorkspaceRole
from settings import Settings
from store import installation, inviting
from store.connect import Db
from store.errors import Invalid
from store.invitation_sending import Site
from store.inviting import Offer
from store.mails import Letterbox

PROJECT_FIELD = "project-"
SENT = "The invitation to {} is on its way."
KEPT = "The invitation to {} is made. No mail service is set up here, so the site's owner passes the mail on."


async def invite(request: Request[State]) -> Response:
    """POST /workspaces/{workspace_id}/invitations: email, role, project-{id}: editor or viewer."""
    found = await seen.workspace(request)
    permit(can_invite, found.standing, RUNNERS_ONLY)
    form = await read_form(request)
    offer = _offer(form)
    if offer is None:
        return await people_page(request, found, invite=form, status=422)
    _not_too_often(request, offer.email)
    try:
        await request.state["database"].write(
            _invite,
            request.state["settings"],
            found.workspace.id,
            offer,
            by=request.state["person"].account_id,
            ip=request.state["client_ip"],
        )
    except Invalid as invalid:
        form.refuse(invalid.errors)
        return await people_page(request, found, invite=form, status=422)
    return _told(request, found.workspace.id, offer.email)


async def send_again(request: Request[State]) -> Response:
    """POST /workspaces/{workspace_id}/invitations/{invitation_id}/send-again"""
    found = await seen.workspace(request)
    permit(can_invite, found.standing, RUNNERS_ONLY)
    _not_too_often(request, request.path_params["invitation_id"])
    email = await request.state["database"].write(
        _send_again,
        request.state["settings"],
        found.workspace.id,
        request.path_params["invitation_id"],
        by=request.state["person"].account_id,
        ip=request.state["client_ip"],
    )
    return _told(request, found.workspace.id, email)


async def withdraw(request: Request[State]) -> Response:
    """POST /workspaces/{workspace_id}/invitations/{invitation_id}/withdraw"""
    found = await seen.workspace(request)
    permit(can_invite, found.standing, RUNNERS_ONLY)
    email = await request.state["database"].write(
        inviting.withdraw,
        found.workspace.id,
        request.path_params["invitation_id"],
        by=request.state["person"].account_id,
        now=now_ms(),
        ip=request.state["client_ip"],
    )
    return see_other(request, members_of(found.workspace.id), f"The invitation to {email} is withdrawn.")


def _offer(form: Form) -> Offer | None:
    """What the form asks for; None, with its errors set, when it can't be understood."""
    email = form.text("email", required="Enter an e-mail address.", most=254)
    role = form.choice("role", (WorkspaceRole.ADMIN, WorkspaceRole.MEMBER), sentence="Choose one of the roles.")
    chosen = {
        name.removeprefix(PROJECT_FIELD): role for name, role in form.values.items() if name.startswith(PROJECT_FIELD)
    }
    places = {project: ProjectRole(place) for project, place in chosen.items() if place in tuple(ProjectRole)}
    return None if form.errors else Offer(email, WorkspaceRole(role), places)


def _not_too_often(request: Request[State], what: str) -> None:
    request.state["limits"].check("invite", request.state["person"].account_id)
    request.state["limits"].check("invite-address", email_key(what))


def _told(request: Request[State], workspace_id: str, email: str) -> Response:
    sentence = SENT if request.state["settings"].mails_are_sent else KEPT
    return see_other(request, members_of(workspace_id), sentence.format(email))


def _invite(db: Db, settings: Settings, workspace_id: str, offer: Offer, *, by: str, ip: str) -> None:
    inviting.invite(db, workspace_id, offer, by=by, site=_site(db, settings), now=now_ms(), ip=ip)


def _send_again(db: Db, settings: Settings, workspace_id: str, invitation_id: str, *, by: str, ip: str) -> str:
    site = _site(db, settings)
    return inviting.send_again(db, workspace_id, invitation_id, by=by, site=site, now=now_ms(), ip=ip)


def _site(db: Db, settings: Settings) -> Site:
    return Site(
        owner=installation.owner_id(db, settings.owner_dropbox_account_id),
        owner_address=installation.owner_address(db, settings.owner_dropbox_account_id, settings.owner_email),
        letterbox=Letterbox.of(settings),
    )
