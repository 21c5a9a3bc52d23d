"""Grants of another Dropbox account than before: each waits, sealed, in its trip's row for a person to confirm.

Ten minutes, then it is revoked like one that was cancelled.
"""

import secrets
from dataclasses import dataclass, field

from rules.envelope import NONCE_BYTES, Keyring, Unsealable, seal, unseal
from store import outbox
from store.connect import Db, rows
from store.oauth_states import LIFETIME_MS, TABLE

PURPOSE = "pending-grant"


@dataclass(frozen=True)
class HeldGrant:
    """A grant that waits; `scopes` are space-separated as Dropbox sent them, `next` is where its trip leads back to."""

    id: str
    dropbox_account_id: str
    email: str
    display_name: str
    scopes: str
    next: str
    refresh_token: str = field(repr=False)


def hold_grant(
    db: Db,
    *,
    state_id: str,
    dropbox_account_id: str,
    email: str,
    display_name: str,
    scopes: str,
    refresh_token: str,
    keyring: Keyring,
    now: int,
) -> None:
    """Keep the grant in the row of the trip that brought it (OAuthState.id) until it is confirmed or ten minutes pass.

    An earlier grant that waits for the same person and workspace is revoked: only the newest is asked about.
    """
    trip = rows(db, "select account_id, workspace_id from oauth_states where id = :id", id=state_id)[0]
    drop_grant(db, account_id=str(trip["account_id"]), workspace_id=str(trip["workspace_id"]), keyring=keyring, now=now)
    sealed = seal(
        keyring,
        refresh_token.encode(),
        purpose=PURPOSE,
        table=TABLE,
        row_id=state_id,
        nonce=secrets.token_bytes(NONCE_BYTES),
    )
    db.conn.execute(
        """
        update oauth_states set grant_envelope = :sealed, grant_account_id = :account, grant_email = :email,
            grant_display_name = :name, grant_scopes = :scopes, expires_at = :expires_at
        where id = :id
        """,
        {
            "sealed": sealed,
            "account": dropbox_account_id,
            "email": email,
            "name": display_name,
            "scopes": scopes,
            "expires_at": now + LIFETIME_MS,
            "id": state_id,
        },
    )


def held_grant(db: Db, *, account_id: str, workspace_id: str, keyring: Keyring, now: int) -> HeldGrant | None:
    """The grant that waits for this person's confirmation for this workspace, if one does."""
    found = rows(
        db,
        """
        select id, grant_envelope, grant_account_id, grant_email, grant_display_name, grant_scopes, next
        from oauth_states
        where account_id = :account and workspace_id = :workspace and grant_envelope is not null and expires_at > :now
        order by expires_at desc limit 1
        """,
        account=account_id,
        workspace=workspace_id,
        now=now,
    )
    return _held(keyring, found[0]) if found else None


def claim_grant(db: Db, *, account_id: str, workspace_id: str, keyring: Keyring, now: int) -> HeldGrant | None:
    """The same, taken out of its row: confirmed once, whoever else asks finds nothing."""
    held = held_grant(db, account_id=account_id, workspace_id=workspace_id, keyring=keyring, now=now)
    if held is not None:
        db.conn.execute("delete from oauth_states where id = :id", {"id": held.id})
    return held


def drop_grant(db: Db, *, account_id: str, workspace_id: str, keyring: Keyring, now: int) -> bool:
    """Cancel what waits: it goes to the outbox for revocation. False when nothing waited."""
    gone = rows(
        db,
        """
        delete from oauth_states
        where account_id = :account and workspace_id = :workspace and grant_envelope is not null
        returning id, grant_envelope, grant_account_id, grant_email, grant_display_name, grant_scopes, next
        """,
        account=account_id,
        workspace=workspace_id,
    )
    return _revoke(db, gone, keyring=keyring, now=now) > 0


def expire(db: Db, *, keyring: Keyring, now: int) -> int:
    """Housekeeping: forget trips whose time is over, revoking the grants that nobody confirmed. Returns how many."""
    gone = rows(
        db,
        """
        delete from oauth_states where expires_at <= :now
        returning id, grant_envelope, grant_account_id, grant_email, grant_display_name, grant_scopes, next
        """,
        now=now,
    )
    _revoke(db, [row for row in gone if row["grant_envelope"] is not None], keyring=keyring, now=now)
    return len(gone)


def _revoke(db: Db, gone: list[dict[str, object]], *, keyring: Keyring, now: int) -> int:
    for row in gone:
        held = _held(keyring, row)
        if held is not None:
            outbox.add_revocation(db, refresh_token=held.refresh_token, keyring=keyring, now=now)
    return len(gone)


def _held(keyring: Keyring, row: dict[str, object]) -> HeldGrant | None:
    """None for one that the keys can't open: nobody can confirm it, and nobody can use it either."""
    row_id = str(row["id"])
    try:
        token = unseal(keyring, str(row["grant_envelope"]), purpose=PURPOSE, table=TABLE, row_id=row_id)
    except Unsealable:
        return None
    return HeldGrant(
        id=row_id,
        dropbox_account_id=str(row["grant_account_id"]),
        email=str(row["grant_email"]),
        display_name=str(row["grant_display_name"]),
        scopes=str(row["grant_scopes"]),
        next=str(row["next"]),
        refresh_token=token.decode(),
    )
