"""The workspace's link to one Dropbox: made, renewed, lost and ended, each with who, when and which account.

Its token is kept by connection_grants.py; what all this means for exports that wait is export_stops.py's.
"""

import secrets
from dataclasses import dataclass

from rules.envelope import Keyring
from rules.failures import FailureKind
from rules.states import LINKED_CONNECTIONS, ConnectionStatus
from store import audit, connection_grants, export_paths, export_stops
from store.connect import Db, rows
from store.connection_grants import token as token
from store.errors import NotFound


@dataclass(frozen=True)
class Connection:
    """A connection, with who made it, when and to which account. Times are milliseconds UTC.

    `scopes` are those that Dropbox granted; a `paused_until` in the past is no pause.
    """

    id: str
    workspace_id: str
    status: ConnectionStatus
    dropbox_account_id: str
    account_email: str
    account_display_name: str
    scopes: tuple[str, ...]
    connected_by: str
    connected_by_name: str
    connected_at: int
    disconnected_by: str | None
    disconnected_by_name: str | None
    disconnected_at: int | None
    lost_at: int | None
    epoch: int
    paused_until: int
    pause_reason: str | None
    paused_at: int | None
    last_export_at: int | None

    @property
    def linked(self) -> bool:
        """Whether new exports wait for it (instead of being skipped) and export may be switched on."""
        return self.status in LINKED_CONNECTIONS


def of_workspace(db: Db, workspace_id: str) -> Connection | None:
    """The workspace's connection; None if it never had one."""
    found = rows(
        db,
        """
        select c.*, started.display_name as connected_by_name, ended.display_name as disconnected_by_name
        from connections c
        join accounts started on started.id = c.connected_by
        left join accounts ended on ended.id = c.disconnected_by
        where c.workspace_id = :workspace
        """,
        workspace=workspace_id,
    )
    if not found:
        return None
    values = {name: found[0][name] for name in Connection.__dataclass_fields__}
    values["status"] = ConnectionStatus(str(values["status"]))
    values["scopes"] = tuple(str(values["scopes"]).split())
    return Connection(**values)  # type: ignore[arg-type]


def save(
    db: Db,
    *,
    workspace_id: str,
    dropbox_account_id: str,
    account_email: str,
    account_display_name: str,
    refresh_token: str,
    scopes: tuple[str, ...],
    keyring: Keyring,
    by: str,
    now: int,
    way: str = "page",
    ip: str = "",
) -> Connection:
    """Connect or reconnect: from now on exports go to this Dropbox account under this grant. Returns the connection.

    The grant that it replaces goes to the outbox to be revoked. With the same account, what waits goes on and is due
    at once; with another one, it is carried there. Claims the folders of the workspace's projects.
    """
    before = of_workspace(db, workspace_id)
    connection_id = before.id if before else secrets.token_urlsafe(12)
    connection_grants.revoke(db, connection_id, keyring=keyring, now=now, unless=refresh_token)
    db.conn.execute(
        """
        insert into connections (id, workspace_id, status, dropbox_account_id, account_email, account_display_name,
            token, scopes, connected_by, connected_at, updated_at)
        values (:id, :workspace, 'connected', :account, :email, :name, :token, :scopes, :by, :now, :now)
        on conflict (workspace_id) do update set status = 'connected',
            epoch = epoch + case when dropbox_account_id = excluded.dropbox_account_id then 0 else 1 end,
            dropbox_account_id = excluded.dropbox_account_id, account_email = excluded.account_email,
            account_display_name = excluded.account_display_name, token = excluded.token, scopes = excluded.scopes,
            connected_by = excluded.connected_by, connected_at = excluded.connected_at,
            disconnected_by = null, disconnected_at = null, lost_at = null, failures_in_a_row = 0, hurry_at = :now,
            updated_at = :now
        """,
        {
            "id": connection_id,
            "workspace": workspace_id,
            "account": dropbox_account_id,
            "email": account_email,
            "name": account_display_name,
            "token": connection_grants.sealed(keyring, refresh_token, connection_id),
            "scopes": " ".join(scopes),
            "by": by,
            "now": now,
        },
    )
    another = before is not None and before.dropbox_account_id != dropbox_account_id
    if another:
        export_stops.move_connection(db, connection_id, now=now)
    # A new grant does not change what Dropbox has asked for on behalf of the account.
    db.conn.execute(
        """
        update connections set paused_until = 0, pause_reason = null, paused_at = null
        where id = :id and (:another = 1 or pause_reason != :kept)
        """,
        {"id": connection_id, "another": int(another), "kept": FailureKind.RATE_LIMITED},
    )
    for row in rows(db, "select id from projects where workspace_id = :id and deleted_at is null", id=workspace_id):
        export_paths.claim_project_folder(db, str(row["id"]), now)
    action = "connection.made" if before is None else "connection.renewed"
    return _recorded(db, workspace_id, action, by=by, now=now, way=way, ip=ip)


def disconnect(
    db: Db, *, workspace_id: str, by: str | None, keyring: Keyring, now: int, way: str = "page", ip: str = ""
) -> Connection:
    """End the connection: the token goes to the outbox to be revoked and is gone from here. Returns what is left.

    Nothing is claimed under it from now on, and what is being uploaded is skipped. Disconnecting twice is no harm.
    `by` is None for a shell or a rule. Raises NotFound for a workspace that was never connected.
    """
    before = _existing(db, workspace_id)
    if before.status is ConnectionStatus.DISCONNECTED:
        return before
    connection_grants.revoke(db, before.id, keyring=keyring, now=now)
    db.conn.execute(
        """
        update connections set status = 'disconnected', token = null, epoch = epoch + 1, resume_epoch = epoch + 1,
            disconnected_by = :by, disconnected_at = :now, lost_at = null, paused_until = 0, pause_reason = null,
            paused_at = null, failures_in_a_row = 0, hurry_at = null, updated_at = :now
        where id = :id
        """,
        {"id": before.id, "by": by, "now": now},
    )
    export_stops.stop_connection(db, before.id, now=now)
    return _recorded(db, workspace_id, "connection.ended", by=by, now=now, way=way, ip=ip)


def lost(db: Db, *, connection_id: str, refused: str | None, keyring: Keyring, now: int) -> bool:
    """Dropbox refused the grant `refused` (a refresh token; None: the stored one can't be opened): needs_reauth.

    True if this changed the status, so that whoever calls tells people once. A grant that has been replaced in the
    meantime, or a connection that has been ended, is not lost by it. The token stays, to be revoked in the end.
    """
    if not connection_grants.is_present(db, connection_id, refused, keyring):
        return False
    moved = rows(
        db,
        """
        update connections set status = 'needs_reauth', lost_at = :now, updated_at = :now
        where id = :id and status = 'connected' returning workspace_id
        """,
        id=connection_id,
        now=now,
    )
    for row in moved:
        _recorded(db, str(row["workspace_id"]), "connection.lost", by=None, now=now, way="engine")
    return bool(moved)


def rest(db: Db, connection_id: str, *, until: int, now: int) -> None:
    """Dropbox asked us to wait, until then (milliseconds UTC): nothing calls it before. A longer pause stays."""
    db.conn.execute(
        """
        update connections set paused_until = :until, pause_reason = :reason, paused_at = :now, updated_at = :now
        where id = :id and paused_until < :until
        """,
        {"id": connection_id, "until": until, "reason": FailureKind.RATE_LIMITED, "now": now},
    )


def waiting(db: Db, connection_id: str) -> int:
    """How many exports wait on the connection, but for those of an epoch that was ended."""
    found = rows(
        db,
        """
        select count(*) as waiting from exports
        where connection_id = :id and state = 'waiting'
            and connection_epoch >= (select resume_epoch from connections where id = :id)
        """,
        id=connection_id,
    )
    return int(str(found[0]["waiting"]))


def _existing(db: Db, workspace_id: str) -> Connection:
    connection = of_workspace(db, workspace_id)
    if connection is None:
        raise NotFound("This workspace has not been connected to Dropbox.")
    return connection


def _recorded(
    db: Db, workspace_id: str, action: str, *, by: str | None, now: int, way: str, ip: str = ""
) -> Connection:
    """The connection as it is now, with the act in the audit."""
    connection = _existing(db, workspace_id)
    audit.record(
        db,
        at=now,
        actor=by,
        way=way,
        action=action,
        subject=connection.id,
        workspace_id=workspace_id,
        detail=f"{connection.account_email} ({connection.dropbox_account_id})",
        ip=ip,
    )
    return connection
