"""What ends with somebody's access: devices, API tokens, the login grant, and the exports that nobody is left to mind.

A workspace's exports go on only while another of its owners and admins is admitted; else its connection is ended with
the access. Whether and when to revoke is decided in decisions.py.
"""

from dataclasses import dataclass

from rules.envelope import Keyring
from store import accounts, api_tokens, claim_links, connections, devices
from store.admission import ADMITTED
from store.connect import Db, rows


@dataclass(frozen=True)
class Minded:
    """A workspace that the account owns or administers. `others` are the names of admitted owners and admins besides.

    `under_way` counts the exports that wait or are being uploaded. `connection_id` is None where Dropbox was never
    connected or is disconnected: then there is nothing to stop.
    """

    workspace_id: str
    name: str
    connection_id: str | None
    under_way: int
    others: list[str]

    @property
    def stops(self) -> bool:
        """Whether its exports stop when the account's access ends."""
        return self.connection_id is not None and not self.others


def minded(db: Db, account_id: str, *, owner: str | None, now: int) -> list[Minded]:
    """The workspaces that the account minds, by name, with what a revocation would do to each. Changes nothing."""
    found = rows(
        db,
        """
        select w.id, w.name, c.id as connection_id from members m
        join workspaces w on w.id = m.workspace_id
        left join connections c on c.workspace_id = w.id and c.status != 'disconnected'
        where m.account_id = :account and m.role in ('owner', 'admin') and w.deleted_at is null
        order by w.name, w.id
        """,
        account=account_id,
    )
    return [
        Minded(
            workspace_id=str(row["id"]),
            name=str(row["name"]),
            connection_id=None if row["connection_id"] is None else str(row["connection_id"]),
            under_way=0 if row["connection_id"] is None else _under_way(db, str(row["connection_id"])),
            others=_others(db, str(row["id"]), account_id, owner=owner, now=now),
        )
        for row in found
    ]


def end_everything(
    db: Db,
    request_id: str,
    account_id: str | None,
    *,
    owner: str | None,
    keyring: Keyring,
    by: str | None,
    way: str,
    ip: str,
    now: int,
) -> dict[str, int]:
    """End all that hangs on an approval, which has just been taken back itself.

    Returns the new epoch of each connection that was ended, by its id, for whoever has uploads under way to cut.
    """
    claim_links.end_all(db, request_id, now=now)
    if account_id is None:
        return {}
    devices.end_all(db, account_id)
    api_tokens.revoke_all(db, account_id, now=now)
    accounts.forget_grant(db, account_id, keyring=keyring, now=now)
    ended = [
        connections.disconnect(db, workspace_id=each.workspace_id, by=by, keyring=keyring, now=now, way=way, ip=ip)
        for each in minded(db, account_id, owner=owner, now=now)
        if each.stops
    ]
    return {connection.id: connection.epoch for connection in ended}


def _under_way(db: Db, connection_id: str) -> int:
    uploading = rows(
        db, "select count(*) as n from exports where connection_id = :id and state = 'uploading'", id=connection_id
    )
    return connections.waiting(db, connection_id) + int(str(uploading[0]["n"]))


def _others(db: Db, workspace_id: str, account_id: str, *, owner: str | None, now: int) -> list[str]:
    found = rows(
        db,
        f"""
        select coalesce(nullif(a.display_name, ''), a.email) as name
        from members m join accounts a on a.id = m.account_id
        where m.workspace_id = :workspace and m.role in ('owner', 'admin') and a.id != :account and {ADMITTED}
        order by m.role desc, name limit 20
        """,  # noqa: S608 - our own text
        workspace=workspace_id,
        account=account_id,
        site_owner=owner,
        now=now,
    )
    return [str(row["name"]) for row in found]
