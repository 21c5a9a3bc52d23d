"""API tokens from a shell: made for an account, printed once."""

import secrets

from rules.characters import strip_invisible
from rules.permissions import can_edit_project
from rules.tokens import TOKEN_BYTES, api_token, token_digest
from settings import Settings
from store import accounts, admission, api_tokens, audit, installation, projects
from store.connect import Db
from store.errors import Conflict, Invalid, NotFound, NotPermitted
from store.standing import Asker

MOST_NAME = 100


def create(
    db: Db, settings: Settings, email: str, *, now: int, project_id: str | None = None, name: str = ""
) -> list[str]:
    """A personal token, or one for a project that the account can edit. The last line is the token itself."""
    account = account_of(db, settings, email, now=now)
    label = strip_invisible(name)
    if len(label) > MOST_NAME:
        raise Invalid({"name": f"Keep the name to {MOST_NAME} characters; it has {len(label)}."})
    if project_id is not None:
        _require_editor(db, account.id, project_id)
    token = api_token(secrets.token_bytes(TOKEN_BYTES))
    row_id = api_tokens.create(
        db, account_id=account.id, project_id=project_id, name=label, token_hash=token_digest(token), now=now
    )
    audit.record(db, at=now, actor=None, way="command", action="api_token.created", subject=row_id, detail=account.id)
    kind = f"for project {project_id}" if project_id else "personal"
    return [f"API token ({kind}) of {account.email}; it is shown this once:", token]


def account_of(db: Db, settings: Settings, email: str, *, now: int) -> accounts.Account:
    """The one approved account with this address, or with this account id.

    Raises NotFound, NotPermitted or Conflict with a sentence that says what to do.
    """
    by_id = accounts.find(db, email)
    found = [by_id] if by_id else accounts.by_email(db, email)
    if not found:
        raise NotFound(f"No account with the address {email} has signed in yet.")
    owner = installation.owner_id(db, settings.owner_dropbox_account_id)
    admitted = [account for account in found if admission.is_admitted(db, account.id, owner=owner, now=now)]
    if not admitted:
        raise NotPermitted(f"{email} is not approved; approve it first.")
    if len(admitted) > 1:
        ids = ", ".join(account.id for account in admitted)
        raise Conflict(f"Several approved accounts go by {email}. Name one by its id instead: {ids}.")
    return admitted[0]


def _require_editor(db: Db, account_id: str, project_id: str) -> None:
    seen = projects.seen_by(db, Asker(account_id), project_id)
    if not can_edit_project(seen.standing):
        raise NotPermitted("The account can see this project but not edit it, so its token could push nothing.")
