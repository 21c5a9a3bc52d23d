"""Deleting one's account: what it means for one's workspaces, and removing what is stored about a person.

What they made in workspaces that stay is kept under a nameless account; the audit, which nothing leaves, keeps their
account id. Stopping the exports of workspaces that go is deletions.py's part.
"""

from dataclasses import dataclass

from rules.account_deletion import Fate, Place
from rules.approval import email_key
from rules.envelope import Keyring
from rules.states import WorkspaceRole
from store import accounts, admission, audit, deletions, pending_grants
from store.connect import Db, rows
from store.errors import Conflict

NOBODY = "deleted"
"""The account under which stands what people made who are gone."""

# Where an account's id says who did something: from now on it was somebody who left.
AUTHORSHIP = (
    ("workspaces", "created_by"),
    ("projects", "created_by"),
    ("experiences", "created_by"),
    ("connections", "connected_by"),
    ("connections", "disconnected_by"),
    ("export_settings", "enabled_by"),
    ("export_settings", "configured_by"),
    ("invitations", "invited_by"),
    ("invitations", "ended_by"),
    ("access_requests", "decided_by"),
    ("access_requests", "invited_by"),
    ("access_rules", "created_by"),
    ("earlier_exports", "started_by"),
    ("verifications", "requested_by"),
)
# What is the person's alone.
OWN = (
    ("devices", "account_id"),
    ("api_tokens", "account_id"),
    ("members", "account_id"),
    ("project_members", "account_id"),
    ("oauth_states", "account_id"),
)


@dataclass(frozen=True)
class Prospect:
    """What deleting the account would mean. `connected`: names of workspaces that stay with a Dropbox of theirs."""

    site_owner: bool
    places: list[Place]
    connected: list[str]

    def fated(self, fate: Fate) -> list[Place]:
        """The workspaces with that fate."""
        return [place for place in self.places if place.fate is fate]

    @property
    def allowed(self) -> bool:
        return not self.site_owner and not self.fated(Fate.BLOCKS)


def prospect(db: Db, account_id: str, *, owner: str | None, now: int) -> Prospect:
    """What would happen. Changes nothing. `owner` is the site owner's account id."""
    found = rows(
        db,
        """
        select w.id, w.name, m.role,
            (select count(*) from members o where o.workspace_id = w.id and o.account_id != m.account_id) as others
        from members m join workspaces w on w.id = m.workspace_id and w.deleted_at is null
        where m.account_id = :account order by lower(w.name), w.id
        """,
        account=account_id,
    )
    places = [
        Place(
            workspace_id=str(row["id"]),
            name=str(row["name"]),
            role=WorkspaceRole(str(row["role"])),
            others=int(str(row["others"])),
            other_owners=_other_owners(db, str(row["id"]), account_id, owner=owner, now=now),
        )
        for row in found
    ]
    staying = {place.workspace_id for place in places if place.fate is Fate.STAYS}
    connected = rows(
        db,
        """
        select w.id, w.name from connections c join workspaces w on w.id = c.workspace_id
        where c.connected_by = :account and c.status != 'disconnected' order by lower(w.name), w.id
        """,
        account=account_id,
    )
    return Prospect(account_id == owner, places, [str(row["name"]) for row in connected if str(row["id"]) in staying])


def delete(
    db: Db, account_id: str, *, owner: str | None, keyring: Keyring, now: int, ip: str = ""
) -> dict[str, int | None]:
    """Delete the account and the workspaces that nobody else is in.

    Returns the new epoch of each of their connections by workspace id. Raises Conflict where it can't be done.
    """
    outlook = prospect(db, account_id, owner=owner, now=now)
    if not outlook.allowed:
        raise Conflict("This account can't be deleted yet. The page says what has to be done first.")
    ended = {
        place.workspace_id: deletions.delete_workspace(
            db, place.workspace_id, by=account_id, keyring=keyring, now=now, ip=ip
        )
        for place in outlook.fated(Fate.GOES)
    }
    audit.record(db, at=now, actor=account_id, way="page", action="account.deleted", subject=account_id, ip=ip)
    accounts.forget_grant(db, account_id, keyring=keyring, now=now)
    _drop_pending_grants(db, account_id, keyring=keyring, now=now)
    _forget_addresses(db, account_id, now=now)
    for table, column in OWN:
        db.conn.execute(f"delete from {table} where {column} = :id", {"id": account_id})  # noqa: S608 - our own names
    _leave_nameless(db, account_id, now=now)
    db.conn.execute("delete from accounts where id = :id", {"id": account_id})
    return ended


def _other_owners(db: Db, workspace_id: str, account_id: str, *, owner: str | None, now: int) -> int:
    found = rows(
        db,
        "select account_id from members where workspace_id = :workspace and role = 'owner' and account_id != :account",
        workspace=workspace_id,
        account=account_id,
    )
    return sum(admission.is_admitted(db, str(row["account_id"]), owner=owner, now=now) for row in found)


def _drop_pending_grants(db: Db, account_id: str, *, keyring: Keyring, now: int) -> None:
    held = rows(
        db,
        """
        select distinct workspace_id from oauth_states where account_id = :id and grant_envelope is not null
        """,
        id=account_id,
    )
    for row in held:
        pending_grants.drop_grant(
            db, account_id=account_id, workspace_id=str(row["workspace_id"]), keyring=keyring, now=now
        )


def _forget_addresses(db: Db, account_id: str, *, now: int) -> None:
    """Everything under the addresses that are certainly theirs: the request with its links, invitations, mails."""
    account = accounts.find(db, account_id)
    requests = rows(db, "select id, email from access_requests where account_id = :id", id=account_id)
    emails = {str(row["email"]) for row in requests}
    if account and not _may_be_anothers(db, account_id, account.email):
        emails.add(account.email)
    for row in requests:
        for table in ("approval_links", "claim_links", "recent_decisions"):
            db.conn.execute(f"delete from {table} where request_id = :id", {"id": row["id"]})  # noqa: S608 - our own names
        db.conn.execute("delete from access_requests where id = :id", {"id": row["id"]})
    for email in emails:
        db.conn.execute("delete from outbox where kind = 'mail' and lower(recipient) = lower(:email)", {"email": email})
        for row in rows(db, "select id from invitations where email_key = :key", key=email_key(email)):
            for table in ("invitation_links", "invitation_projects"):
                db.conn.execute(f"delete from {table} where invitation_id = :id", row)  # noqa: S608 - our own names
            db.conn.execute("delete from invitations where id = :id", row)
    db.conn.execute(
        """
        update invitations set state = 'withdrawn', ended_at = :now, ended_by = invited_by
        where invited_by = :id and state = 'open'
        """,
        {"id": account_id, "now": now},
    )


def _may_be_anothers(db: Db, account_id: str, email: str) -> bool:
    """Whether somebody else goes by the address, which Dropbox need not have verified: it is asked for, invited, in."""
    return bool(
        rows(
            db,
            """
            select 1 from access_requests where email_key = :key and account_id is not :account
            union all select 1 from invitations where email_key = :key and ended_by is not :account
            union all select 1 from accounts where lower(email) = lower(:email) and id != :account
            limit 1
            """,
            key=email_key(email),
            email=email,
            account=account_id,
        )
    )


def _leave_nameless(db: Db, account_id: str, *, now: int) -> None:
    """What they made in workspaces that stay was made by somebody who left."""
    db.conn.execute(
        """
        insert into accounts (id, email, display_name, created_at, signed_in_at, last_seen_at)
        values (:id, '', 'Somebody who left', :now, :now, :now) on conflict (id) do nothing
        """,
        {"id": NOBODY, "now": now},
    )
    for table, column in AUTHORSHIP:
        db.conn.execute(
            f"update {table} set {column} = :nobody where {column} = :id",  # noqa: S608 - our own names
            {"nobody": NOBODY, "id": account_id},
        )
