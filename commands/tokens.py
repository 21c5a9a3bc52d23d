"""API tokens from a shell: made for an account, printed once."""

from settings import Settings
from store import accounts, admission, installation, own_tokens
from store.connect import Db
from store.errors import Conflict, NotFound, NotPermitted


def create(
    db: Db, settings: Settings, email: str, *, now: int, project_id: str | None = None, name: str = ""
) -> list[str]:
    """A personal token, or one for a project that the account can edit. The last line is the token itself."""
    account = account_of(db, settings, email, now=now)
    token = own_tokens.make(
        db,
        account_id=account.id,
        project_id=project_id,
        name=name,
        expires_at=None,
        by=None,
        now=now,
        way="command",
    )
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
