"""The grant of a connection: its refresh token, sealed to the connection's row, opened for the engine, handed to the
outbox to be revoked. Nobody else ever reads it.
"""

import secrets

from rules.envelope import NONCE_BYTES, Keyring, Unsealable, seal, unseal
from store import outbox
from store.connect import Db, rows
from store.errors import NotFound

TABLE = "connections"
PURPOSE = "connection-token"


def sealed(keyring: Keyring, refresh_token: str, connection_id: str) -> str:
    """The token as it rests in the row of this connection and of no other."""
    nonce = secrets.token_bytes(NONCE_BYTES)
    return seal(keyring, refresh_token.encode(), purpose=PURPOSE, table=TABLE, row_id=connection_id, nonce=nonce)


def token(db: Db, connection_id: str, keyring: Keyring) -> str:
    """The refresh token in clear. Raises NotFound where there is none, Unsealable where the keys don't open it."""
    found = rows(db, "select token from connections where id = :id and token is not null", id=connection_id)
    if not found:
        raise NotFound
    return unseal(keyring, str(found[0]["token"]), purpose=PURPOSE, table=TABLE, row_id=connection_id).decode()


def is_present(db: Db, connection_id: str, refresh_token: str | None, keyring: Keyring) -> bool:
    """Whether the connection rests on this very grant; None asks whether it has one that can't be opened."""
    try:
        return token(db, connection_id, keyring) == refresh_token
    except Unsealable:
        return refresh_token is None
    except NotFound:
        return False


def revoke(db: Db, connection_id: str, *, keyring: Keyring, now: int, unless: str | None = None) -> None:
    """Have the present grant revoked at Dropbox, unless there is none, it can't be opened, or it is `unless`."""
    try:
        present = token(db, connection_id, keyring)
    except (NotFound, Unsealable):
        return
    if present != unless:
        outbox.add_revocation(db, refresh_token=present, keyring=keyring, now=now)
