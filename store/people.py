"""The people who may use the site, as the site owner sees them, and how many have linked the Dropbox app."""

from dataclasses import dataclass

from rules.addresses import search_key
from store.connect import Db, rows
from store.errors import NotFound

Cursor = tuple[int, str]


@dataclass(frozen=True)
class Approved:
    """Somebody who may use the site. `account_id` and the rest are None until they have signed in.

    Times are milliseconds UTC. `workspaces` and `connections` count those that they are a member of.
    """

    request_id: str | None
    account_id: str | None
    email: str
    display_name: str | None
    account_email: str | None
    last_seen_at: int | None
    approved_at: int | None
    approved_until: int | None
    note: str
    devices: int
    workspaces: int
    connections: int
    site_owner: bool

    @property
    def key(self) -> str:
        """How they are named in addresses: by account id, or by request while there is no account."""
        return self.account_id or self.request_id or ""


@dataclass(frozen=True)
class Place:
    """A workspace that a person belongs to, and the Dropbox connected to it, if one is."""

    name: str
    role: str
    status: str | None
    account_email: str | None


def approved(
    db: Db, *, owner: str | None, limit: int = -1, search: str = "", after: Cursor | None = None
) -> list[Approved]:
    """Everybody with an approval but the site owner, newest approval first.

    `search` is looked for in addresses and names. `after` is the `(approved_at, request_id)` of the last one before.
    """
    at, last = after or (None, None)
    found = rows(
        db,
        _PEOPLE.format(page=_APPROVALS),
        owner=owner,
        text=search_key(search),
        typed=search.strip(),
        at=at,
        last=last,
        end=2**62,
        limit=limit,
    )
    return [_person(row) for row in found]


def find(db: Db, key: str, *, owner: str | None) -> Approved:
    """One of them, or the site owner, by `key`; NotFound for anybody else."""
    found = rows(db, _PEOPLE.format(page=_ONE), owner=owner, key=key)
    if not found and key == owner:
        found = rows(db, _OWNER_ALONE, owner=owner)
    if not found:
        raise NotFound
    return _person(found[0])


def places(db: Db, account_id: str, *, most: int) -> list[Place]:
    """The workspaces that an account belongs to, by name, with their connections."""
    found = rows(
        db,
        """
        select w.name, m.role, c.status, c.account_email from members m
        join workspaces w on w.id = m.workspace_id left join connections c on c.workspace_id = w.id
        where m.account_id = :account and w.deleted_at is null
        order by w.name, w.id limit :most
        """,
        account=account_id,
        most=most,
    )
    return [Place(**row) for row in found]  # type: ignore[arg-type]


def linked(db: Db) -> int:
    """How many Dropbox accounts have linked this installation's app, as far as is known here."""
    found = rows(
        db,
        """
        select count(*) as n from (
            select id from accounts where token is not null
            union select dropbox_account_id from connections where status != 'disconnected'
        )
        """,
    )
    return int(str(found[0]["n"]))


def _person(row: dict[str, object]) -> Approved:
    return Approved(**{**row, "site_owner": bool(row["site_owner"])})  # type: ignore[arg-type]


_MOVED = "coalesce(decided_at, requested_at)"
_APPROVALS = f"""
    where state = 'approved' and {_MOVED} <= coalesce(:at, :end) and (:at is null or {_MOVED} < :at or id > :last)
        and coalesce(account_id, '') != coalesce(:owner, '-')
        and (:text = '' or instr(email_key, :text) > 0 or instr(name_key, :text) > 0 or account_id in (
            select x.id from accounts x
            where instr(lower(x.email), :text) > 0 or instr(lower(x.display_name), :text) > 0
                or instr(x.display_name, :typed) > 0
        ))
    order by {_MOVED} desc, id limit :limit
"""  # noqa: S608 - made of our own texts
_ONE = "where state = 'approved' and (account_id = :key or (account_id is null and id = :key))"
_FACTS = """
    (select count(*) from devices d where d.account_id = a.id) as devices,
    (select count(*) from members m join workspaces w on w.id = m.workspace_id
        where m.account_id = a.id and w.deleted_at is null) as workspaces,
    (select count(*) from members m join workspaces w on w.id = m.workspace_id
        join connections c on c.workspace_id = w.id
        where m.account_id = a.id and w.deleted_at is null and c.status != 'disconnected') as connections
"""
# The page is cut before anything is counted, so that only its own rows are.
_PEOPLE = f"""
    with page as materialized (select id from access_requests {{page}})
    select r.id as request_id, r.account_id, r.email, a.display_name, a.email as account_email, a.last_seen_at,
        r.decided_at as approved_at, r.approved_until, r.note, {_FACTS},
        coalesce(r.account_id = :owner, 0) as site_owner
    from page join access_requests r on r.id = page.id left join accounts a on a.id = r.account_id
    order by r.decided_at desc, r.id
"""  # noqa: S608 - made of our own texts
_OWNER_ALONE = f"""
    select null as request_id, a.id as account_id, a.email, a.display_name, a.email as account_email, a.last_seen_at,
        null as approved_at, null as approved_until, '' as note, {_FACTS}, 1 as site_owner
    from accounts a where a.id = :owner
"""  # noqa: S608 - made of our own texts
