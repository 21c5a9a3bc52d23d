"""Links in the mails to approved people: whichever Dropbox account signs in through one is bound to the approval.

Each works once, for 14 days, and only while nobody has been bound. Only digests are kept.
"""

import secrets
from dataclasses import dataclass

from rules.states import RequestState
from rules.tokens import TOKEN_BYTES, is_opaque_token, opaque_token, token_digest
from store.connect import Db, rows
from store.errors import NotFound

DAY_MS = 86_400_000
LIFETIME_MS = 14 * DAY_MS
KEPT_MS = 180 * DAY_MS


@dataclass(frozen=True)
class ClaimLink:
    """A link with the approval that it is for. `bound`: some account has been tied to that already."""

    request_id: str
    email: str
    state: RequestState
    approved_until: int | None
    bound: bool
    expires_at: int
    used_at: int | None
    ended_at: int | None

    def open(self, now: int) -> bool:
        """Whether somebody may still sign in through it."""
        lasts = self.approved_until is None or now < self.approved_until
        unused = self.used_at is None and self.ended_at is None and now < self.expires_at
        return unused and not self.bound and lasts and self.state is RequestState.APPROVED


def make(db: Db, request_id: str, *, now: int) -> str:
    """A fresh link for an approved request. Returns its token, which is not kept."""
    token = opaque_token(secrets.token_bytes(TOKEN_BYTES))
    db.conn.execute(
        """
        insert into claim_links (token_hash, request_id, created_at, expires_at)
        values (:hash, :request, :now, :expires_at)
        """,
        {"hash": token_digest(token), "request": request_id, "now": now, "expires_at": now + LIFETIME_MS},
    )
    return token


def find(db: Db, token: str) -> ClaimLink:
    """The link of this token, whatever has become of it; NotFound for one that never was. Changes nothing."""
    found = rows(
        db,
        """
        select l.request_id, r.email, r.state, r.approved_until, r.account_id is not null as bound, l.expires_at,
            l.used_at, l.ended_at
        from claim_links l join access_requests r on r.id = l.request_id where l.token_hash = :hash
        """,
        hash=token_digest(token),
    )
    if not found or not is_opaque_token(token):
        raise NotFound
    row = found[0]
    return ClaimLink(**{**row, "state": RequestState(str(row["state"])), "bound": bool(row["bound"])})  # type: ignore[arg-type]


def use(db: Db, token_hash: str, *, account_id: str, now: int) -> str | None:
    """Bind the account to the link's approval, once; its address. None, and nothing done, where it can't be.

    An account that has a request of its own, whatever became of that, takes nobody else's approval.
    """
    bound = rows(
        db,
        """
        update access_requests set account_id = :account, updated_at = :now
        where state = 'approved' and account_id is null and (approved_until is null or approved_until > :now)
            and id = (
                select request_id from claim_links
                where token_hash = :hash and used_at is null and ended_at is null and expires_at > :now
            )
            and not exists (select 1 from access_requests other where other.account_id = :account)
        returning id, email
        """,
        hash=token_hash,
        account=account_id,
        now=now,
    )
    if not bound:
        return None
    db.conn.execute(
        "update claim_links set used_at = :now, used_by = :account where token_hash = :hash",
        {"now": now, "account": account_id, "hash": token_hash},
    )
    end_all(db, str(bound[0]["id"]), now=now)
    return str(bound[0]["email"])


def end_all(db: Db, request_id: str, *, now: int) -> None:
    """No link of this request can be used any more."""
    db.conn.execute(
        "update claim_links set ended_at = :now where request_id = :id and used_at is null and ended_at is null",
        {"now": now, "id": request_id},
    )


def prune(db: Db, *, now: int) -> int:
    """Housekeeping: forget links that nobody can expect to be remembered. Returns how many."""
    return db.conn.execute("delete from claim_links where created_at < :old", {"old": now - KEPT_MS}).rowcount
