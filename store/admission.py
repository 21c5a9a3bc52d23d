"""Who may be here: the site owner, and accounts with an approved access request. Asked at every request and sign-in.

An approval is found by its e-mail address once, then bound to the account id; from then on only the id counts.
"""

from enum import StrEnum

from rules.approval import email_key
from rules.states import RequestState
from store.connect import Db, rows


class Admission(StrEnum):
    """How somebody stands who comes back from Dropbox."""

    OWNER = "owner"
    """The site owner, who needs no request."""
    APPROVED = "approved"
    """Has an approved request, bound to this account or free to be bound."""
    PENDING = "pending"
    DENIED = "denied"
    REVOKED = "revoked"
    MISSING = "missing"
    """No request of theirs, or its approval belongs to another Dropbox account."""
    UNVERIFIED = "unverified"
    """Dropbox has not verified their address, so it says nothing about whose request is whose."""

    @property
    def allowed(self) -> bool:
        return self in (Admission.OWNER, Admission.APPROVED)


def is_admitted(db: Db, account_id: str, *, owner: str | None) -> bool:
    """Whether the account may use the site right now. `owner` is the site owner's account id."""
    if account_id == owner:
        return True
    found = rows(
        db,
        "select 1 from access_requests where account_id = :account and state = 'approved'",
        account=account_id,
    )
    return bool(found)


def of(db: Db, *, account_id: str, email: str, email_verified: bool, owner: str | None) -> Admission:
    """How the account stands; changes nothing."""
    if account_id == owner:
        return Admission.OWNER
    bound = rows(db, "select state from access_requests where account_id = :account", account=account_id)
    if bound:
        return Admission(str(bound[0]["state"]))
    if not email_verified:
        return Admission.UNVERIFIED
    by_address = rows(
        db,
        "select state from access_requests where email_key = :key and account_id is null",
        key=email_key(email),
    )
    return Admission(str(by_address[0]["state"])) if by_address else Admission.MISSING


def admit(db: Db, *, account_id: str, email: str, email_verified: bool, owner: str | None, now: int) -> Admission:
    """The same at a sign-in: an approval found by its address is bound to the account, once and for good."""
    standing = of(db, account_id=account_id, email=email, email_verified=email_verified, owner=owner)
    if standing is Admission.APPROVED:
        db.conn.execute(
            """
            update access_requests set account_id = :account, updated_at = :now
            where email_key = :key and state = :approved and account_id is null
                and not exists (select 1 from access_requests where account_id = :account)
            """,
            {"account": account_id, "key": email_key(email), "approved": RequestState.APPROVED, "now": now},
        )
    return standing
