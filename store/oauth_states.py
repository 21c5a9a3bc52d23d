"""Round trips to Dropbox's authorize page: one row per trip, found by the digest of its state, usable once.

The row, not the address, says what the trip is for, whose it is, and where it leads back to. Grants that wait for a
person's confirmation are in pending_grants.py.
"""

import secrets
from dataclasses import dataclass, field

from rules.envelope import NONCE_BYTES, Keyring, Unsealable, seal, unseal
from store.connect import Db, rows
from store.errors import NotFound

LIFETIME_MS = 600_000
TABLE = "oauth_states"
VERIFIER = "verifier"

LOGIN = "login"
SETUP = "setup"
CONNECT = "connect"


@dataclass(frozen=True)
class OAuthState:
    """One trip that has come back. `account_id` and `workspace_id` are set for `connect`, `setup_hash` for `setup`.

    `invitation_hash` is set where it began on an invitation's page, to take the invitation up, and `claim_hash` where
    it began on the page of a claim link, to bind the account to that approval.
    """

    id: str
    purpose: str
    account_id: str | None
    workspace_id: str | None
    verifier: str = field(repr=False)
    next: str
    setup_hash: str | None = field(repr=False)
    invitation_hash: str | None = field(repr=False)
    claim_hash: str | None = field(repr=False)


def begin(
    db: Db,
    *,
    purpose: str,
    state_hash: str,
    browser_hash: str,
    verifier: str,
    next_path: str,
    account_id: str | None = None,
    workspace_id: str | None = None,
    setup_hash: str | None = None,
    invitation_hash: str | None = None,
    claim_hash: str | None = None,
    keyring: Keyring,
    now: int,
) -> None:
    """Remember a trip for ten minutes: digests of its state and of its browser's secret, and the sealed verifier."""
    row_id = secrets.token_urlsafe(12)
    db.conn.execute(
        """
        insert into oauth_states (id, state_hash, browser_hash, purpose, account_id, workspace_id, verifier, next,
            setup_hash, invitation_hash, claim_hash, created_at, expires_at)
        values (:id, :state_hash, :browser_hash, :purpose, :account_id, :workspace_id, :verifier, :next,
            :setup_hash, :invitation_hash, :claim_hash, :now, :expires_at)
        """,
        {
            "id": row_id,
            "state_hash": state_hash,
            "browser_hash": browser_hash,
            "purpose": purpose,
            "account_id": account_id,
            "workspace_id": workspace_id,
            "verifier": seal(
                keyring,
                verifier.encode(),
                purpose=VERIFIER,
                table=TABLE,
                row_id=row_id,
                nonce=secrets.token_bytes(NONCE_BYTES),
            ),
            "next": next_path,
            "setup_hash": setup_hash,
            "invitation_hash": invitation_hash,
            "claim_hash": claim_hash,
            "now": now,
            "expires_at": now + LIFETIME_MS,
        },
    )


def take(db: Db, *, state_hash: str, browser_hash: str, keyring: Keyring, now: int) -> OAuthState:
    """Use the trip up. NotFound for one that is unknown, used, expired, of another browser, or unreadable."""
    found = rows(
        db,
        """
        update oauth_states set used_at = :now
        where state_hash = :state_hash and browser_hash = :browser_hash and used_at is null and expires_at > :now
        returning id, purpose, account_id, workspace_id, verifier, next, setup_hash, invitation_hash, claim_hash
        """,
        state_hash=state_hash,
        browser_hash=browser_hash,
        now=now,
    )
    if not found:
        raise NotFound
    row = found[0]
    row_id = str(row["id"])
    try:
        verifier = unseal(keyring, str(row["verifier"]), purpose=VERIFIER, table=TABLE, row_id=row_id)
    except Unsealable:
        raise NotFound from None
    db.conn.execute("update oauth_states set verifier = '' where id = :id", {"id": row_id})
    return OAuthState(
        id=row_id,
        purpose=str(row["purpose"]),
        account_id=_text(row["account_id"]),
        workspace_id=_text(row["workspace_id"]),
        verifier=verifier.decode(),
        next=str(row["next"]),
        setup_hash=_text(row["setup_hash"]),
        invitation_hash=_text(row["invitation_hash"]),
        claim_hash=_text(row["claim_hash"]),
    )


def _text(value: object) -> str | None:
    return None if value is None else str(value)
