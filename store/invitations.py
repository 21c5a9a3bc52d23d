"""Invitations to workspaces, as they are read: by their link, by their address, and in a workspace's or site's list.

Sending them is in inviting.py, taking them up in joining.py.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from rules.approval import email_key
from rules.invitations import Invited, worth
from rules.permissions import STRANGER, Standing
from rules.states import InvitationState, ProjectRole, WorkspaceRole
from rules.tokens import is_opaque_token, token_digest
from store import admission
from store.connect import Db, rows
from store.errors import NotFound


@dataclass(frozen=True)
class Place:
    """A project that an invitation leads into, and the role there. Deleted projects are left out."""

    project_id: str
    name: str
    role: ProjectRole


@dataclass(frozen=True)
class Invitation:
    """One invitation and what it is worth now. Times are milliseconds UTC."""

    id: str
    workspace_id: str
    workspace_name: str
    email: str
    role: WorkspaceRole
    worth: Invited
    inviter_id: str
    inviter_name: str
    inviter_email: str
    invited_at: int
    expires_at: int
    ended_at: int | None
    projects: Sequence[Place]


_SELECT = """
    select i.*, w.name as workspace_name, w.deleted_at is not null as workspace_deleted,
        a.display_name as inviter_name, a.email as inviter_email, m.role as inviter_role
    from invitations i
    join workspaces w on w.id = i.workspace_id
    join accounts a on a.id = i.invited_by
    left join members m on m.workspace_id = i.workspace_id and m.account_id = i.invited_by
"""


def by_token(db: Db, token: str, *, owner: str | None, now: int) -> Invitation:
    """The invitation that a link belongs to, whatever it is worth; NotFound for a link that never was one."""
    if not is_opaque_token(token):
        raise NotFound
    return by_hash(db, token_digest(token), owner=owner, now=now)


def by_hash(db: Db, token_hash: str, *, owner: str | None, now: int) -> Invitation:
    """The same by the digest of the link's token. `owner` is the site owner's account id."""
    found = rows(
        db,
        _SELECT + " join invitation_links l on l.invitation_id = i.id where l.token_hash = :hash",
        hash=token_hash,
    )
    if not found:
        raise NotFound
    return _invitations(db, found, owner=owner, now=now, link=token_hash)[0]


def of_address(db: Db, email: str, *, owner: str | None, now: int) -> list[Invitation]:
    """The invitations that somebody with this address can take up, oldest first."""
    found = rows(
        db,
        _SELECT + " where i.email_key = :key and i.state = 'open' order by i.invited_at, i.id",
        key=email_key(email),
    )
    return [each for each in _invitations(db, found, owner=owner, now=now) if each.worth is Invited.OPEN]


def open_in(db: Db, workspace_id: str, *, owner: str | None, now: int, most: int = -1) -> list[Invitation]:
    """The workspace's invitations that nobody has taken up or withdrawn, newest first, the expired ones too."""
    found = rows(
        db,
        _SELECT
        + " where i.workspace_id = :workspace and i.state = 'open' order by i.invited_at desc, i.id limit :most",
        workspace=workspace_id,
        most=most,
    )
    return _invitations(db, found, owner=owner, now=now)


def open_anywhere(db: Db, *, owner: str | None, now: int, most: int) -> list[Invitation]:
    """The same over all workspaces, for the site owner."""
    found = rows(
        db,
        _SELECT + " where i.state = 'open' and w.deleted_at is null order by i.invited_at desc, i.id limit :most",
        most=most,
    )
    return _invitations(db, found, owner=owner, now=now)


def _invitations(
    db: Db, found: list[dict[str, object]], *, owner: str | None, now: int, link: str | None = None
) -> list[Invitation]:
    """The rows with what each is worth; `link` is the digest of the link by which the one row was found."""
    admitted = {
        inviter: admission.is_admitted(db, inviter, owner=owner, now=now)
        for inviter in {str(row["invited_by"]) for row in found}
    }
    return [
        Invitation(
            id=str(row["id"]),
            workspace_id=str(row["workspace_id"]),
            workspace_name=str(row["workspace_name"]),
            email=str(row["email"]),
            role=WorkspaceRole(str(row["role"])),
            worth=worth(
                InvitationState(str(row["state"])),
                role=WorkspaceRole(str(row["role"])),
                expires_at=int(str(row["expires_at"])),
                inviter=_standing(row["inviter_role"]) if admitted[str(row["invited_by"])] else STRANGER,
                workspace_deleted=bool(row["workspace_deleted"]),
                newest_link=link is None or link == row["token_hash"],
                now=now,
            ),
            inviter_id=str(row["invited_by"]),
            inviter_name=str(row["inviter_name"]),
            inviter_email=str(row["inviter_email"]),
            invited_at=int(str(row["invited_at"])),
            expires_at=int(str(row["expires_at"])),
            ended_at=None if row["ended_at"] is None else int(str(row["ended_at"])),
            projects=_places(db, str(row["id"])),
        )
        for row in found
    ]


def _standing(role: object) -> Standing:
    return STRANGER if role is None else Standing(WorkspaceRole(str(role)))


def _places(db: Db, invitation_id: str) -> list[Place]:
    found = rows(
        db,
        """
        select p.id, p.name, i.role from invitation_projects i
        join projects p on p.id = i.project_id and p.deleted_at is null
        where i.invitation_id = :id order by p.created_at desc, p.id
        """,
        id=invitation_id,
    )
    return [Place(str(row["id"]), str(row["name"]), ProjectRole(str(row["role"]))) for row in found]
