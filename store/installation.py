"""The few facts about the installation itself: who owns the site, whether invited people need a decision, and
whether Dropbox lets its app have more people.
"""

from store import audit
from store.connect import Db, rows

OWNER = "owner"
LETS_INVITED_IN = "lets-invited-in"
PEOPLE_REFUSED_AT = "people-refused-at"


def owner_id(db: Db, configured: str | None) -> str | None:
    """The site owner's account id: the setting always wins, else whoever used the set-up link; None: nobody yet."""
    if configured is not None:
        return configured
    found = rows(db, "select value from installation where name = :name", name=OWNER)
    return str(found[0]["value"]) if found else None


def set_owner(db: Db, account_id: str, *, now: int) -> None:
    """Remember the owner. Called once, for the person who used the set-up link."""
    _put(db, OWNER, account_id, now=now)


def owner_address(db: Db, configured_owner: str | None, configured_email: str | None) -> str | None:
    """Where notices for the site owner go: OWNER_EMAIL, else their Dropbox address once they have signed in."""
    if configured_email is not None:
        return configured_email
    owner = owner_id(db, configured_owner)
    found = rows(db, "select email from accounts where id = :id", id=owner)
    return str(found[0]["email"]) if found else None


def lets_invited_in(db: Db) -> bool:
    """Whether people whom a member invites to a workspace are let in without a decision of the site owner."""
    return bool(rows(db, "select 1 from installation where name = :name and value = 'on'", name=LETS_INVITED_IN))


def let_invited_in(db: Db, on: bool, *, by: str, now: int, ip: str = "") -> None:
    """Switch that on or off; what is decided already stays as it is. Audited."""
    _put(db, LETS_INVITED_IN, "on" if on else "off", now=now)
    action = f"installation.invited_{'let_in' if on else 'need_approval'}"
    audit.record(db, at=now, actor=by, way="page", action=action, subject=LETS_INVITED_IN, ip=ip)


def people_refused(db: Db, *, now: int) -> None:
    """Remember that Dropbox has just turned somebody away because its app may have no more people."""
    _put(db, PEOPLE_REFUSED_AT, str(now), now=now)


def people_refused_at(db: Db) -> int | None:
    """When that last happened, in milliseconds UTC; None: never."""
    found = rows(db, "select value from installation where name = :name", name=PEOPLE_REFUSED_AT)
    return int(str(found[0]["value"])) if found else None


def _put(db: Db, name: str, value: str, *, now: int) -> None:
    db.conn.execute(
        """
        insert into installation (name, value, updated_at) values (:name, :value, :now)
        on conflict (name) do update set value = excluded.value, updated_at = excluded.updated_at
        """,
        {"name": name, "value": value, "now": now},
    )
