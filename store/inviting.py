"""Sending invitations to a workspace, sending them again, and taking them back: each decided inside the write.

An address without access to the site gets an access request that says who invited, unless the site owner lets invited
people in. What is answered says nothing about it: nobody learns here who has access.
"""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass

from rules.approval import email_key, validate_email
from rules.invitations import LIFETIME_MS
from rules.permissions import can_invite, can_set_role
from rules.states import ProjectRole, WorkspaceRole
from rules.tokens import TOKEN_BYTES, opaque_token, token_digest
from store import audit, invitation_sending, invitations, members, standing
from store.connect import Db, rows
from store.errors import Conflict, Invalid, NotFound, NotPermitted
from store.invitation_sending import Site
from store.standing import Asker

MOST_OPEN = 200
NOT_YOURS = "Only owners and admins may invite, and only into roles below their own."


@dataclass(frozen=True)
class Offer:
    """Whom somebody invites, into which role, and for a plain member into which projects (id → role)."""

    email: str
    role: WorkspaceRole
    projects: Mapping[str, ProjectRole]


def invite(db: Db, workspace_id: str, offer: Offer, *, by: str, site: Site, now: int, ip: str = "") -> str:
    """Invite an address, or send it a new link under the new offer if it is invited already. Returns the id.

    Raises NotPermitted for a role that `by` may not give, Invalid for `email`, NotFound for a foreign project,
    Conflict where too many invitations are open.
    """
    _permit(db, workspace_id, by, offer.role)
    email = offer.email.strip()
    if (wrong := validate_email(email)) is not None:
        raise Invalid({"email": wrong})
    if any(email_key(member.email) == email_key(email) for member in members.of_workspace(db, workspace_id)):
        raise Invalid({"email": f"{email} is a member of this workspace already."})
    _same_workspace(db, workspace_id, offer.projects)
    token = opaque_token(secrets.token_bytes(TOKEN_BYTES))
    invitation_id = _put(db, workspace_id, email, offer.role, token, by=by, now=now)
    db.conn.execute("delete from invitation_projects where invitation_id = :id", {"id": invitation_id})
    if offer.role is WorkspaceRole.MEMBER:
        db.conn.executemany(
            "insert into invitation_projects (invitation_id, project_id, role) values (:id, :project, :role)",
            [{"id": invitation_id, "project": project, "role": role} for project, role in offer.projects.items()],
        )
    invitation_sending.send(db, email, token, site=site, now=now, ip=ip)
    _record(db, workspace_id, "invitation.sent", invitation_id, f"{email} as {offer.role}", by=by, now=now, ip=ip)
    return invitation_id


def send_again(db: Db, workspace_id: str, invitation_id: str, *, by: str, site: Site, now: int, ip: str = "") -> str:
    """The same offer with a new link for seven days, now sent by `by`; the link before it ends. Returns the address.

    Raises NotFound for one that is not open in this workspace, and as `invite` does.
    """
    for each in invitations.open_in(db, workspace_id, owner=site.owner, now=now):
        if each.id == invitation_id:
            offer = Offer(each.email, each.role, {place.project_id: place.role for place in each.projects})
            invite(db, workspace_id, offer, by=by, site=site, now=now, ip=ip)
            return each.email
    raise NotFound


def withdraw(db: Db, workspace_id: str, invitation_id: str, *, by: str, now: int, ip: str = "") -> str:
    """Take an invitation back; returns its address. Raises NotPermitted, and NotFound for one that is not open here."""
    if not can_invite(standing.in_workspace(db, Asker(by), workspace_id)):
        raise NotPermitted(NOT_YOURS)
    ended = rows(
        db,
        """
        update invitations set state = 'withdrawn', ended_at = :now, ended_by = :by
        where id = :id and workspace_id = :workspace and state = 'open' returning email
        """,
        id=invitation_id,
        workspace=workspace_id,
        by=by,
        now=now,
    )
    if not ended:
        raise NotFound
    email = str(ended[0]["email"])
    _record(db, workspace_id, "invitation.withdrawn", invitation_id, email, by=by, now=now, ip=ip)
    return email


def _permit(db: Db, workspace_id: str, by: str, role: WorkspaceRole) -> None:
    if not can_set_role(standing.in_workspace(db, Asker(by), workspace_id), None, role):
        raise NotPermitted(NOT_YOURS)


def _same_workspace(db: Db, workspace_id: str, projects: Mapping[str, ProjectRole]) -> None:
    for project_id in projects:
        found = rows(
            db,
            "select 1 from projects where id = :id and workspace_id = :workspace and deleted_at is null",
            id=project_id,
            workspace=workspace_id,
        )
        if not found:
            raise NotFound


def _put(db: Db, workspace_id: str, email: str, role: WorkspaceRole, token: str, *, by: str, now: int) -> str:
    """The open invitation of this address, new or renewed, with this link."""
    values = {
        "id": secrets.token_urlsafe(12),
        "workspace": workspace_id,
        "key": email_key(email),
        "email": email,
        "role": role,
        "hash": token_digest(token),
        "by": by,
        "now": now,
        "expires": now + LIFETIME_MS,
    }
    count = rows(
        db,
        """
        select count(*) as n from invitations
        where workspace_id = :workspace and state = 'open' and email_key != :key
        """,
        workspace=workspace_id,
        key=values["key"],
    )
    if int(str(count[0]["n"])) >= MOST_OPEN:
        raise Conflict(f"{MOST_OPEN} invitations of this workspace are open. Withdraw some first.")
    put = rows(
        db,
        """
        insert into invitations (id, workspace_id, email_key, email, role, token_hash, state, invited_by, invited_at,
            expires_at)
        values (:id, :workspace, :key, :email, :role, :hash, 'open', :by, :now, :expires)
        on conflict (workspace_id, email_key) where state = 'open' do update set email = excluded.email,
            role = excluded.role, token_hash = excluded.token_hash, invited_by = excluded.invited_by,
            invited_at = excluded.invited_at, expires_at = excluded.expires_at
        returning id
        """,
        **values,
    )
    db.conn.execute(
        "insert into invitation_links (token_hash, invitation_id, created_at) values (:hash, :id, :now)",
        {**values, "id": put[0]["id"]},
    )
    return str(put[0]["id"])


def _record(
    db: Db, workspace_id: str, action: str, invitation_id: str, detail: str, *, by: str, now: int, ip: str
) -> None:
    audit.record(
        db,
        at=now,
        actor=by,
        way="page",
        action=action,
        subject=invitation_id,
        workspace_id=workspace_id,
        detail=detail,
        ip=ip,
    )
