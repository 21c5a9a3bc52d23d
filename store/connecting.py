"""What becomes of a grant that a trip to Dropbox brought back for a workspace: saved, kept to be confirmed, or revoked.

Each is decided inside the write itself, by what the person is to the workspace at that moment.
"""

from collections.abc import Collection
from dataclasses import dataclass, field
from enum import Enum, auto

from rules.envelope import Keyring
from rules.permissions import can_connect
from store import audit, connections, outbox, pending_grants, workspaces
from store.connect import Db
from store.connections import Connection
from store.errors import NotFound
from store.pending_grants import HeldGrant
from store.standing import Asker


class Outcome(Enum):
    """How a trip to connect ended."""

    SAVED = auto()
    """The grant is the connection's."""
    TO_CONFIRM = auto()
    """It is of another Dropbox account than before and waits; the connection is as it was."""
    TOO_LITTLE = auto()
    """It allows less than exports need, so it is being revoked; the connection is as it was."""
    NOT_ALLOWED = auto()
    """The person may not connect this workspace any more, so it is being revoked."""


@dataclass(frozen=True)
class Brought:
    """A grant fresh from Dropbox: whose it is, what it allows, and which trip, person and workspace it is for."""

    trip_id: str
    by: str
    workspace_id: str
    dropbox_account_id: str
    account_email: str
    account_display_name: str
    scopes: tuple[str, ...]
    ip: str
    refresh_token: str = field(repr=False)


def complete(db: Db, brought: Brought, *, needed: Collection[str], keyring: Keyring, now: int) -> Outcome:
    """Decide about the grant and do it. Whatever is not saved or kept goes to the outbox to be revoked."""
    if not _may_connect(db, brought.by, brought.workspace_id):
        _refuse(db, brought, "no longer an owner or admin", keyring=keyring, now=now)
        return Outcome.NOT_ALLOWED
    if lacking := sorted(set(needed) - set(brought.scopes)):
        _refuse(db, brought, f"not granted: {' '.join(lacking)}", keyring=keyring, now=now)
        return Outcome.TOO_LITTLE
    before = connections.of_workspace(db, brought.workspace_id)
    if before is not None and before.dropbox_account_id != brought.dropbox_account_id:
        pending_grants.hold_grant(
            db,
            state_id=brought.trip_id,
            dropbox_account_id=brought.dropbox_account_id,
            email=brought.account_email,
            display_name=brought.account_display_name,
            scopes=" ".join(brought.scopes),
            refresh_token=brought.refresh_token,
            keyring=keyring,
            now=now,
        )
        return Outcome.TO_CONFIRM
    # What waited for this person's word is out of date: they have just chosen an account.
    _drop(db, brought.by, brought.workspace_id, keyring=keyring, now=now)
    connections.save(
        db,
        workspace_id=brought.workspace_id,
        dropbox_account_id=brought.dropbox_account_id,
        account_email=brought.account_email,
        account_display_name=brought.account_display_name,
        refresh_token=brought.refresh_token,
        scopes=brought.scopes,
        keyring=keyring,
        by=brought.by,
        now=now,
        ip=brought.ip,
    )
    return Outcome.SAVED


def awaiting(db: Db, *, by: str, workspace_id: str, keyring: Keyring, now: int) -> HeldGrant | None:
    """The grant that waits for this person's word. Only reads."""
    return pending_grants.held_grant(db, account_id=by, workspace_id=workspace_id, keyring=keyring, now=now)


def confirm(
    db: Db, *, by: str, workspace_id: str, keyring: Keyring, now: int, ip: str = ""
) -> tuple[Connection, HeldGrant] | None:
    """Connect the account that waited, once; what waits for export goes to it. None when nothing waited any more."""
    held = pending_grants.claim_grant(db, account_id=by, workspace_id=workspace_id, keyring=keyring, now=now)
    if held is None:
        return None
    connection = connections.save(
        db,
        workspace_id=workspace_id,
        dropbox_account_id=held.dropbox_account_id,
        account_email=held.email,
        account_display_name=held.display_name,
        refresh_token=held.refresh_token,
        scopes=tuple(held.scopes.split()),
        keyring=keyring,
        by=by,
        now=now,
        ip=ip,
    )
    return connection, held


def cancel(db: Db, *, by: str, workspace_id: str, keyring: Keyring, now: int) -> HeldGrant | None:
    """Leave the connection as it is: what waited is being revoked. Returns it, None when nothing waited any more."""
    held = awaiting(db, by=by, workspace_id=workspace_id, keyring=keyring, now=now)
    _drop(db, by, workspace_id, keyring=keyring, now=now)
    return held


def _may_connect(db: Db, account_id: str, workspace_id: str) -> bool:
    try:
        return can_connect(workspaces.seen_by(db, Asker(account_id), workspace_id).standing)
    except NotFound:
        return False


def _drop(db: Db, account_id: str, workspace_id: str, *, keyring: Keyring, now: int) -> None:
    pending_grants.drop_grant(db, account_id=account_id, workspace_id=workspace_id, keyring=keyring, now=now)


def _refuse(db: Db, brought: Brought, why: str, *, keyring: Keyring, now: int) -> None:
    outbox.add_revocation(db, refresh_token=brought.refresh_token, keyring=keyring, now=now)
    audit.record(
        db,
        at=now,
        actor=brought.by,
        way="page",
        action="connection.refused",
        subject=brought.workspace_id,
        workspace_id=brought.workspace_id,
        detail=f"{brought.account_email} ({brought.dropbox_account_id}): {why}",
        ip=brought.ip,
    )
