"""Accounts: people by their Dropbox account id, each with the sealed token of their own login grant."""

import secrets
from dataclasses import dataclass

from rules.approval import email_key
from rules.envelope import NONCE_BYTES, Keyring, Unsealable, seal, unseal
from store import outbox
from store.connect import Db, rows

TABLE = "accounts"
PURPOSE = "login-token"


@dataclass(frozen=True)
class Account:
    """One person. Times are milliseconds UTC; `email` is Dropbox's at their last sign-in."""

    id: str
    email: str
    display_name: str
    signed_in_at: int
    last_seen_at: int


def sign_in(
    db: Db,
    *,
    account_id: str,
    email: str,
    display_name: str,
    refresh_token: str,
    scopes: str,
    keyring: Keyring,
    now: int,
) -> bool:
    """Keep the account with its fresh login grant; the grant before goes to the outbox. True at a first sign-in."""
    known = rows(db, "select token from accounts where id = :id", id=account_id)
    if known:
        _revoke_grant(db, account_id, known[0]["token"], keyring=keyring, now=now)
    sealed = seal(
        keyring,
        refresh_token.encode(),
        purpose=PURPOSE,
        table=TABLE,
        row_id=account_id,
        nonce=secrets.token_bytes(NONCE_BYTES),
    )
    db.conn.execute(
        """
        insert into accounts (id, email, display_name, token, token_scopes, created_at, signed_in_at, last_seen_at)
        values (:id, :email, :name, :token, :scopes, :now, :now, :now)
        on conflict (id) do update set email = excluded.email, display_name = excluded.display_name,
            token = excluded.token, token_scopes = excluded.token_scopes, signed_in_at = excluded.signed_in_at,
            last_seen_at = excluded.last_seen_at
        """,
        {"id": account_id, "email": email, "name": display_name, "token": sealed, "scopes": scopes, "now": now},
    )
    return not known


def forget_grant(db: Db, account_id: str, *, keyring: Keyring, now: int) -> None:
    """Remove the login grant's token and have the grant revoked at Dropbox. Nothing happens if there is none."""
    known = rows(db, "select token from accounts where id = :id", id=account_id)
    if known:
        _revoke_grant(db, account_id, known[0]["token"], keyring=keyring, now=now)
        db.conn.execute("update accounts set token = null, token_scopes = '' where id = :id", {"id": account_id})


def find(db: Db, account_id: str) -> Account | None:
    """An account by its Dropbox account id."""
    found = rows(
        db,
        "select id, email, display_name, signed_in_at, last_seen_at from accounts where id = :id",
        id=account_id,
    )
    return Account(**found[0]) if found else None  # type: ignore[arg-type]


def by_email(db: Db, email: str) -> list[Account]:
    """Every account with this address at its last sign-in; several are possible, since addresses change hands.

    Also finds the account that was approved under the address and has another one at Dropbox today.
    """
    key = email_key(email)
    everybody = rows(
        db,
        """
        select a.id, a.email, a.display_name, a.signed_in_at, a.last_seen_at, r.email_key
        from accounts a left join access_requests r on r.account_id = a.id
        order by a.signed_in_at desc
        """,
    )
    mine = [row for row in everybody if key in (email_key(str(row["email"])), row.pop("email_key"))]
    return [Account(**row) for row in mine]  # type: ignore[arg-type]


def _revoke_grant(db: Db, account_id: str, sealed: object, *, keyring: Keyring, now: int) -> None:
    if sealed is None:
        return
    try:
        token = unseal(keyring, str(sealed), purpose=PURPOSE, table=TABLE, row_id=account_id).decode()
    except Unsealable:
        # Nobody can use it any more, and nobody can revoke it: there is nothing to send.
        return
    outbox.add_revocation(db, refresh_token=token, keyring=keyring, now=now)
