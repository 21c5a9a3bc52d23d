"""A person's API tokens as they see, make and end them. The token itself is handed out once and never kept."""

import secrets
from dataclasses import dataclass

from rules.characters import strip_invisible
from rules.permissions import can_edit_project
from rules.tokens import TOKEN_BYTES, api_token, token_digest
from store import api_tokens, audit, projects
from store.connect import Db, rows
from store.errors import Conflict, Invalid, NotFound, NotPermitted
from store.standing import Asker

MOST_NAME = 100
MOST_LIVE = 50
NOT_AN_EDITOR = "The account can see this project but not edit it, so its token could push nothing."


@dataclass(frozen=True)
class OwnToken:
    """One token. Times are milliseconds UTC; the project's names are None for a personal one and for one that is gone.

    `works` says whether it reaches anything at the moment: it has not expired, and its project may still be edited.
    """

    id: str
    name: str
    project_id: str | None
    project_name: str | None
    workspace_name: str | None
    created_at: int
    last_used_at: int | None
    expires_at: int | None
    works: bool

    def expired(self, now: int) -> bool:
        return self.expires_at is not None and self.expires_at <= now


@dataclass(frozen=True)
class EditableProject:
    """A project for which a person may make a token."""

    id: str
    name: str
    workspace_name: str


def of_account(db: Db, account_id: str, *, now: int) -> list[OwnToken]:
    """The account's tokens that nobody has revoked, newest first, those that have expired lately too."""
    found = rows(
        db,
        """
        select t.id, t.name, t.project_id, p.name as project_name, w.name as workspace_name, t.created_at,
            t.last_used_at, t.expires_at
        from api_tokens t
        left join projects p on p.id = t.project_id and p.deleted_at is null
        left join workspaces w on w.id = p.workspace_id and w.deleted_at is null
        where t.account_id = :account and t.revoked_at is null
        order by t.created_at desc, t.id limit 200
        """,
        account=account_id,
    )
    return [OwnToken(**row, works=_works(db, account_id, row, now)) for row in found]  # type: ignore[arg-type]


def editable_projects(db: Db, account_id: str, *, most: int = 200) -> list[EditableProject]:
    """The projects that the account may edit, by workspace and name."""
    found = rows(
        db,
        """
        select p.id, p.name, w.name as workspace_name
        from members m
        join workspaces w on w.id = m.workspace_id and w.deleted_at is null
        join projects p on p.workspace_id = w.id and p.deleted_at is null
        left join project_members r on r.project_id = p.id and r.account_id = m.account_id
        where m.account_id = :account and (m.role in ('owner', 'admin') or r.role = 'editor')
        order by lower(w.name), w.id, lower(p.name), p.id limit :most
        """,
        account=account_id,
        most=most,
    )
    return [EditableProject(**row) for row in found]  # type: ignore[arg-type]


def make(
    db: Db,
    *,
    account_id: str,
    project_id: str | None,
    name: str,
    expires_at: int | None,
    by: str | None,
    now: int,
    way: str = "page",
    ip: str = "",
    row_id: str | None = None,
) -> str:
    """A new token, personal or for a project that the account can edit. Returned once; only its digest is kept.

    Raises Invalid for `name`, NotFound and NotPermitted for a project, Conflict where there are too many and for a
    `row_id` that has been used.
    """
    label = strip_invisible(name)
    if len(label) > MOST_NAME:
        raise Invalid({"name": f"Keep the name to {MOST_NAME} characters; it has {len(label)}."})
    if project_id is not None and not can_edit_project(projects.seen_by(db, Asker(account_id), project_id).standing):
        raise NotPermitted(NOT_AN_EDITOR)
    live = sum(not token.expired(now) for token in of_account(db, account_id, now=now))
    if live >= MOST_LIVE:
        raise Conflict(f"There are {MOST_LIVE} API tokens already. Revoke some that are no longer needed.")
    token = api_token(secrets.token_bytes(TOKEN_BYTES))
    made = api_tokens.create(
        db,
        account_id=account_id,
        project_id=project_id,
        name=label,
        token_hash=token_digest(token),
        now=now,
        expires_at=expires_at,
        row_id=row_id,
    )
    scope = f"for project {project_id}" if project_id else "personal"
    audit.record(
        db, at=now, actor=by, way=way, action="api_token.created", subject=made, detail=f"{account_id}, {scope}", ip=ip
    )
    return token


def revoke(db: Db, account_id: str, token_id: str, *, now: int, ip: str = "") -> str:
    """End one of the account's tokens for good; returns its name. NotFound for an unknown and a foreign one alike."""
    ended = rows(
        db,
        """
        update api_tokens set revoked_at = :now where id = :id and account_id = :account and revoked_at is null
        returning name
        """,
        id=token_id,
        account=account_id,
        now=now,
    )
    if not ended:
        raise NotFound
    audit.record(
        db, at=now, actor=account_id, way="page", action="api_token.revoked", subject=token_id, detail=account_id, ip=ip
    )
    return str(ended[0]["name"])


def _works(db: Db, account_id: str, row: dict[str, object], now: int) -> bool:
    if row["expires_at"] is not None and int(str(row["expires_at"])) <= now:
        return False
    if row["project_id"] is None:
        return True
    try:
        return can_edit_project(projects.seen_by(db, Asker(account_id), str(row["project_id"])).standing)
    except NotFound:
        return False
