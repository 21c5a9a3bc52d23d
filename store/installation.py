"""The few facts about the installation itself; today that is who owns the site."""

from store.connect import Db, rows

OWNER = "owner"


def owner_id(db: Db, configured: str | None) -> str | None:
    """The site owner's account id: the setting always wins, else whoever used the set-up link; None: nobody yet."""
    if configured is not None:
        return configured
    found = rows(db, "select value from installation where name = :name", name=OWNER)
    return str(found[0]["value"]) if found else None


def set_owner(db: Db, account_id: str, *, now: int) -> None:
    """Remember the owner. Called once, for the person who used the set-up link."""
    db.conn.execute(
        """
        insert into installation (name, value, updated_at) values (:name, :value, :now)
        on conflict (name) do update set value = excluded.value, updated_at = excluded.updated_at
        """,
        {"name": OWNER, "value": account_id, "now": now},
    )


def owner_address(db: Db, configured_owner: str | None, configured_email: str | None) -> str | None:
    """Where notices for the site owner go: OWNER_EMAIL, else their Dropbox address once they have signed in."""
    if configured_email is not None:
        return configured_email
    owner = owner_id(db, configured_owner)
    found = rows(db, "select email from accounts where id = :id", id=owner)
    return str(found[0]["email"]) if found else None
