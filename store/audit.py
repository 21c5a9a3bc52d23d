"""The audit: who did what to whom, when, by which way and from where. Rows are added and never changed."""

from store.connect import Db


def record(
    db: Db,
    *,
    at: int,
    actor: str | None,
    way: str,
    action: str,
    subject: str,
    workspace_id: str | None = None,
    detail: str = "",
    ip: str = "",
) -> None:
    """Add one line, in the transaction of the act itself.

    `at` is milliseconds UTC; `actor` an account id, None for the system or a shell; `way` one of page, mail, command,
    rule, api, engine; `action` is noun.verb ("access_request.approved"); `subject` what it was done to. No secrets.
    """
    db.conn.execute(
        """
        insert into audit (at, actor, way, action, subject, workspace_id, detail, ip)
        values (:at, :actor, :way, :action, :subject, :workspace_id, :detail, :ip)
        """,
        {
            "at": at,
            "actor": actor,
            "way": way,
            "action": action,
            "subject": subject,
            "workspace_id": workspace_id,
            "detail": detail,
            "ip": ip,
        },
    )
