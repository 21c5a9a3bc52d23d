"""Taking invitations up: by the link, or by signing in with the invited address. An invitation takes no rank away.

What an invitation is worth is read afresh at that moment.
"""

import secrets

from rules.approval import email_key
from rules.invitations import Invited
from rules.permissions import higher, higher_in_project
from store import access_rules, audit, installation, invitations, members, standing
from store.connect import Db, rows
from store.errors import Conflict
from store.invitations import Invitation

WORTHLESS = {
    Invited.EXPIRED: "This invitation has expired. Ask for a new one.",
    Invited.VOID: "Whoever sent this invitation may not invite any more. Ask somebody else in the workspace.",
    Invited.REPLACED: "This invitation has been sent again since. Use the link in the newer mail.",
    Invited.ACCEPTED: "This invitation has been accepted.",
    Invited.WITHDRAWN: "This invitation has been withdrawn.",
    Invited.GONE: "The workspace that this invitation is for does not exist any more.",
}


def accept(db: Db, token_hash: str, *, account_id: str, owner: str | None, now: int, ip: str = "") -> Invitation:
    """Take up the invitation of a link, whatever the account's address: holding the link is what counts.

    Returns it as it was before. Raises NotFound for an unknown link, Conflict for one that is worth nothing any more.
    """
    invitation = invitations.by_hash(db, token_hash, owner=owner, now=now)
    if invitation.worth is not Invited.OPEN:
        raise Conflict(WORTHLESS[invitation.worth])
    _take_up(db, invitation, account_id, "by its link", now=now, ip=ip)
    return invitation


def accept_for_address(
    db: Db, email: str, *, account_id: str, owner: str | None, now: int, ip: str = ""
) -> list[Invitation]:
    """Take up every invitation of an address that Dropbox has just verified to be the account's."""
    found = invitations.of_address(db, email, owner=owner, now=now)
    for invitation in found:
        _take_up(db, invitation, account_id, "by signing in", now=now, ip=ip)
    return found


def let_in(db: Db, email: str, *, account_id: str, owner: str | None, now: int, ip: str = "") -> bool:
    """Where invited people are let in: approve an invited address that Dropbox has just verified. True if it did.

    Never against a decision: who was denied, revoked or blocked stays out, and an account with a request has that.
    """
    if not installation.lets_invited_in(db) or access_rules.is_blocked(db, email):
        return False
    found = invitations.of_address(db, email, owner=owner, now=now)
    if not found or rows(db, "select 1 from access_requests where account_id = :id", id=account_id):
        return False
    by = found[-1]
    approved = rows(
        db,
        """
        insert into access_requests (id, email_key, email, state, requested_at, decided_at, decided_way, created_at,
            updated_at, invited_by, invited_to)
        values (:id, :key, :email, 'approved', :now, :now, 'rule', :now, :now, :by, :to)
        on conflict (email_key) do update set state = 'approved', decided_at = :now, decided_way = 'rule',
            updated_at = :now, invited_by = :by, invited_to = :to
        where access_requests.state = 'pending' and access_requests.account_id is null
        returning id
        """,
        id=secrets.token_urlsafe(12),
        key=email_key(email),
        email=email,
        by=by.inviter_id,
        to=by.workspace_name,
        now=now,
    )
    if approved:
        audit.record(
            db,
            at=now,
            actor=None,
            way="rule",
            action="access_request.approved",
            subject=email,
            detail=f"{account_id} · invited by {by.inviter_name or by.inviter_email} to {by.workspace_name}",
            ip=ip,
        )
    return bool(approved)


def _take_up(db: Db, invitation: Invitation, account_id: str, how: str, *, now: int, ip: str) -> None:
    db.conn.execute(
        """
        update invitations set state = 'accepted', ended_at = :now, ended_by = :by where id = :id and state = 'open'
        """,
        {"id": invitation.id, "by": account_id, "now": now},
    )
    before = standing.workspace_role(db, account_id, invitation.workspace_id)
    role = higher(before, invitation.role)
    if role is not before:
        members.set_role(db, invitation.workspace_id, account_id, role, by=invitation.inviter_id, now=now, ip=ip)
    for place in invitation.projects:
        there = standing.project_role(db, account_id, place.project_id)
        wanted = higher_in_project(there, place.role)
        if wanted is not there:
            members.set_project_role(db, place.project_id, account_id, wanted, by=invitation.inviter_id, now=now, ip=ip)
    audit.record(
        db,
        at=now,
        actor=account_id,
        way="page",
        action="invitation.accepted",
        subject=invitation.id,
        workspace_id=invitation.workspace_id,
        detail=f"{invitation.email}, {how}",
        ip=ip,
    )
