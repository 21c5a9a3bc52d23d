"""Who may be here: the site owner, and accounts with an approved access request. Asked at every request and sign-in.

An approval is found by its e-mail address once, or by its claim link (claim_links.py), then bound to the account id;
from then on only the id counts. One that was given until a day is worth nothing from that moment on.
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
    """Had an approval that was taken back or has come to its end."""
    MISSING = "missing"
    """No request of theirs, or its approval belongs to another Dropbox account."""
    UNVERIFIED = "unverified"
    """Dropbox has not verified their address, so it says nothing about whose request is whose."""

    @property
    def allowed(self) -> bool:
        return self in (Admission.OWNER, Admission.APPROVED)


LASTS = "state = 'approved' and (approved_until is null or approved_until > :now)"
"""The condition under which a row of access_requests is an approval at `:now`."""

ADMITTED = f"(a.id = :site_owner or exists (select 1 from access_requests q where q.account_id = a.id and {LASTS}))"  # noqa: S608
"""The same for an account `a` in a query with `:site_owner`, the site owner's account id."""


def is_admitted(db: Db, account_id: str, *, owner: str | None, now: int) -> bool:
    """Whether the account may use the site at `now`. `owner` is the site owner's account id."""
    if account_id == owner:
        return True
    found = rows(
        db,
        f"select 1 from access_requests where account_id = :account and {LASTS}",  # noqa: S608 - our own text
        account=account_id,
        now=now,
    )
    return bool(found)


def of(db: Db, *, account_id: str, email: str, email_verified: bool, owner: str | None, now: int) -> Admission:
    """How the account stands; changes nothing."""
    if account_id == owner:
        return Admission.OWNER
    bound = rows(
        db,
        f"select state, {LASTS} as lasts from access_requests where account_id = :account",  # noqa: S608 - our own
        account=account_id,
        now=now,
    )
    if bound:
        return _admission(bound[0])
    if not email_verified:
        return Admission.UNVERIFIED
    by_address = rows(
        db,
        f"""
        select state, {LASTS} as lasts from access_requests where email_key = :key and account_id is null
        """,  # noqa: S608 - our own text
        key=email_key(email),
        now=now,
    )
    return _admission(by_address[0]) if by_address else Admission.MISSING


def address_of(db: Db, account_id: str) -> str | None:
    """The address under which the account was approved; None for who needed no approval."""
    found = rows(db, "select email from access_requests where account_id = :account", account=account_id)
    return str(found[0]["email"]) if found else None


def admit(db: Db, *, account_id: str, email: str, email_verified: bool, owner: str | None, now: int) -> Admission:
    """The same at a sign-in: an approval found by its address is bound to the account, once and for good."""
    standing = of(db, account_id=account_id, email=email, email_verified=email_verified, owner=owner, now=now)
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


def _admission(row: dict[str, object]) -> Admission:
    standing = Admission(str(row["state"]))
    return Admission.REVOKED if standing is Admission.APPROVED and not row["lasts"] else standing
