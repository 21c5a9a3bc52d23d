"""What is stored about a person, as plain values for the page that shows it and for the file that they download.

Times are milliseconds UTC. Notes of the site owner are not theirs to read, and secrets, of which only digests or sealed
forms are kept, are nobody's: both are left out. Of addresses only those count whose approval is the account's: what
Dropbox calls its address may be somebody else's, unverified. What workspaces hold (projects, results, exports) is
the workspace's.
"""

from dataclasses import dataclass
from typing import Any

from rules.user_agents import plain_words
from store.connect import Db, rows

MOST_OF_A_KIND = 1000

Record = dict[str, Any]


@dataclass(frozen=True)
class Kind:
    """All that is stored of one kind: its key in the file, its heading, and the records, the newest first."""

    key: str
    title: str
    records: list[Record]


_QUERIES = {
    ("account", "Account"): """
        select id as dropbox_account_id, email, display_name, created_at as first_signed_in_at, signed_in_at,
            last_seen_at,
            case when token is null then 'none' else 'kept sealed' end as sign_in_permission, token_scopes as may_read
        from accounts where id = :account
    """,
    ("access_requests", "Access request"): """
        select email, name, message, state, requested_at, decided_at, approved_until from access_requests
        where account_id = :account order by requested_at desc
    """,
    ("devices", "Signed-in devices"): """
        select user_agent as browser, created_at as signed_in_at, last_seen_at from devices
        where account_id = :account order by last_seen_at desc
    """,
    ("api_tokens", "API tokens"): """
        select t.name, p.name as project, t.created_at, t.last_used_at, t.expires_at, t.revoked_at
        from api_tokens t left join projects p on p.id = t.project_id
        where t.account_id = :account order by t.created_at desc
    """,
    ("workspaces", "Workspaces"): """
        select w.name, m.role, m.created_at as since, w.deleted_at from members m
        join workspaces w on w.id = m.workspace_id
        where m.account_id = :account order by m.created_at desc
    """,
    ("projects", "Roles in projects"): """
        select p.name, w.name as workspace, m.role, m.created_at as since from project_members m
        join projects p on p.id = m.project_id join workspaces w on w.id = p.workspace_id
        where m.account_id = :account order by m.created_at desc
    """,
    ("connections", "Dropbox connections you made"): """
        select w.name as workspace, c.account_email as dropbox, c.status, c.connected_at from connections c
        join workspaces w on w.id = c.workspace_id
        where c.connected_by = :account order by c.connected_at desc
    """,
    ("invitations_sent", "Invitations you sent"): """
        select i.email, w.name as workspace, i.role, i.state, i.invited_at, i.expires_at from invitations i
        join workspaces w on w.id = i.workspace_id
        where i.invited_by = :account order by i.invited_at desc
    """,
    ("invitations_received", "Invitations to you"): """
        select i.email, w.name as workspace, i.role, i.state, i.invited_at, i.expires_at from invitations i
        join workspaces w on w.id = i.workspace_id
        where i.ended_by = :account and i.state = 'accepted'
            or i.email_key in (select r.email_key from access_requests r where r.account_id = :account)
        order by i.invited_at desc
    """,
    ("mails", "Mails to you"): """
        select recipient, subject, state, created_at from outbox
        where kind = 'mail'
            and lower(recipient) in (select lower(r.email) from access_requests r where r.account_id = :account)
        order by created_at desc
    """,
    ("acts", "What you did (the audit)"): """
        select at, action, detail, way, ip from audit where actor = :account order by at desc
    """,
}


def of_account(db: Db, account_id: str, *, most: int = MOST_OF_A_KIND) -> list[Kind]:
    """Everything, kind by kind, at most so many records of each."""
    kinds = [
        Kind(key, title, rows(db, f"{query} limit :most", account=account_id, most=most))
        for (key, title), query in _QUERIES.items()
    ]
    for record in next(kind.records for kind in kinds if kind.key == "devices"):
        record["browser"] = plain_words(str(record["browser"]))
    return kinds
