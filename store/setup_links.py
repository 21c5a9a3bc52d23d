"""The one-time set-up link: while nobody owns the site, whoever signs in through it becomes the owner.

The table holds its digest; the link itself lies in the data folder until it is used, for whoever runs the machine.
"""

import secrets
from pathlib import Path

from rules.tokens import TOKEN_BYTES, is_opaque_token, opaque_token, token_digest
from store.connect import Db, rows
from store.errors import NotFound
from store.key_files import write_private

FILE = "setup-link"


def ensure(db: Db, *, data_dir: Path, owner_known: bool, now: int) -> str | None:
    """The token of the link that can be used now, the same at each start until it is; None when there is an owner."""
    if owner_known:
        forget_file(data_dir)
        db.conn.execute("delete from setup_links where used_at is null")
        return None
    kept = _kept(data_dir / FILE)
    if kept is not None and is_unused(db, kept):
        return kept
    token = opaque_token(secrets.token_bytes(TOKEN_BYTES))
    db.conn.execute("delete from setup_links where used_at is null")
    db.conn.execute(
        "insert into setup_links (token_hash, created_at) values (:hash, :now)",
        {"hash": token_digest(token), "now": now},
    )
    write_private(data_dir / FILE, token + "\n")
    return token


def is_unused(db: Db, token: str) -> bool:
    """Whether the link can be used; False for a used one and, as far as this can tell, an unknown one."""
    return bool(
        rows(db, "select 1 from setup_links where token_hash = :hash and used_at is null", hash=token_digest(token))
    )


def used_when(db: Db, token: str) -> int | None:
    """When the link was used, None while it was not; NotFound for an unknown one."""
    found = rows(db, "select used_at from setup_links where token_hash = :hash", hash=token_digest(token))
    if not found or not is_opaque_token(token):
        raise NotFound
    return None if found[0]["used_at"] is None else int(str(found[0]["used_at"]))


def use(db: Db, token_hash: str, *, account_id: str, now: int) -> bool:
    """Use the link up for this account; False when somebody was faster or it is gone."""
    used = rows(
        db,
        """
        update setup_links set used_at = :now, used_by = :account where token_hash = :hash and used_at is null
        returning token_hash
        """,
        hash=token_hash,
        account=account_id,
        now=now,
    )
    return bool(used)


def forget_file(data_dir: Path) -> None:
    """Remove the file that holds the link. Called after the commit that used it up."""
    (data_dir / FILE).unlink(missing_ok=True)


def _kept(path: Path) -> str | None:
    try:
        text = path.read_text(encoding="utf-8").strip()
    except FileNotFoundError:
        return None
    return text if is_opaque_token(text) else None
