"""The people who may use the site, as the site owner sees them."""

from dataclasses import dataclass

from store.connect import Db, rows
from store.errors import NotFound


@dataclass(frozen=True)
class Approved:
    """Somebody who may use the site. `account_id` and the rest are None until they have signed in."""

    request_id: str | None
    account_id: str | None
    email: str
    display_name: str | None
    account_email: str | None
    last_seen_at: int | None
    approved_at: int | None
    devices: int
    site_owner: bool

    @property
    def key(self) -> str:
        """How they are named in addresses: by account id, or by request while there is no account."""
        return self.account_id or self.request_id or ""


def approved(db: Db, *, owner: str | None, limit: int = -1) -> list[Approved]:
    """The site owner first, then everybody approved: last seen first, those who never signed in at the end."""
    found = rows(
        db,
        """
        select r.id as request_id, coalesce(a.id, r.account_id) as account_id, coalesce(r.email, a.email) as email,
            a.display_name, a.email as account_email, a.last_seen_at, r.decided_at as approved_at,
            (select count(*) from devices d where d.account_id = a.id) as devices,
            coalesce(a.id = :owner, 0) as site_owner
        from (select id, email, account_id, decided_at from access_requests where state = 'approved') r
            full outer join (select * from accounts where id = :owner) o on o.id = r.account_id
            left join accounts a on a.id = coalesce(r.account_id, o.id)
        order by site_owner desc, a.last_seen_at is null, a.last_seen_at desc, r.decided_at desc
        limit :limit
        """,
        owner=owner,
        limit=limit,
    )
    return [Approved(**{**row, "site_owner": bool(row["site_owner"])}) for row in found]  # type: ignore[arg-type]


def find(db: Db, key: str, *, owner: str | None) -> Approved:
    """One of them by `key`; NotFound for anybody else."""
    for person in approved(db, owner=owner):
        if person.key == key:
            return person
    raise NotFound
