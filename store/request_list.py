"""Access requests as the site owner sees them: counted, searched, and listed page by page."""

from dataclasses import dataclass

from rules.addresses import search_key
from rules.states import RequestState
from store.connect import Db, rows

Cursor = tuple[int, str]


@dataclass(frozen=True)
class AccessRequest:
    """One request as the site owner sees it. Times are milliseconds UTC; `decided_by` is a name, None for a shell.

    `invited_by` and `invited_to` name the member and the workspace that an invitation came from, if one did.
    `former_…` tell how an earlier request of the same person ended; `moved_at` is when this one was last moved.
    """

    id: str
    email: str
    name: str
    message: str
    state: RequestState
    account_id: str | None
    requested_at: int
    decided_at: int | None
    decided_by: str | None
    decided_way: str | None
    approved_until: int | None
    note: str
    former_state: RequestState | None
    former_at: int | None
    former_note: str
    invited_by: str | None
    invited_to: str | None
    moved_at: int


def counts(db: Db) -> dict[RequestState, int]:
    """How many requests there are in each state."""
    found = rows(db, "select state, count(*) as n from access_requests group by state")
    known = {RequestState(str(row["state"])): int(str(row["n"])) for row in found}
    return {state: known.get(state, 0) for state in RequestState}


def listed(
    db: Db, state: RequestState | None, *, limit: int, search: str = "", after: Cursor | None = None
) -> list[AccessRequest]:
    """Requests in one state, or all; those that wait oldest first, others by when they last moved, newest first.

    `search` is looked for in addresses and names. `after` is the `(moved_at, id)` of the last one on the page before.
    """
    at, last = after or (None, None)
    page, order = _OLDEST_FIRST if state is RequestState.PENDING else _NEWEST_FIRST
    found = rows(
        db,
        _LISTED.format(page=page if state is None else f"state = :state and {page}", order=order),
        state=state,
        text=search_key(search),
        at=at,
        last=last,
        limit=limit,
    )
    return [_request(row) for row in found]


def _request(row: dict[str, object]) -> AccessRequest:
    former = row["former_state"]
    typed = {
        "state": RequestState(str(row["state"])),
        "former_state": None if former is None else RequestState(str(former)),
    }
    return AccessRequest(**{**row, **typed})  # type: ignore[arg-type]


_FOUND = "(:text = '' or instr(email_key, :text) > 0 or instr(name_key, :text) > 0)"
_MOVED = "coalesce(decided_at, requested_at)"
# Bounds that are always there let the index be entered where the page begins; it is walked from either end.
_NEWEST_FIRST = (
    f"{_MOVED} <= coalesce(:at, {2**62}) and (:at is null or {_MOVED} < :at or id > :last) and {_FOUND}",
    f"{_MOVED} desc, access_requests.id",
)
_OLDEST_FIRST = (
    f"{_MOVED} >= coalesce(:at, 0) and (:at is null or {_MOVED} > :at or id < :last) and {_FOUND}",
    f"{_MOVED}, access_requests.id desc",
)
# The page is found in an index that holds all it takes, and only its own rows are read.
_LISTED = """
    with page as materialized (select id from access_requests where {page} order by {order} limit :limit)
    select access_requests.id, access_requests.email, name, message, state, account_id, requested_at, decided_at,
        coalesce(nullif(a.display_name, ''), a.email) as decided_by, decided_way, approved_until, note, former_state,
        former_at, former_note, coalesce(nullif(i.display_name, ''), i.email) as invited_by, invited_to,
        coalesce(decided_at, requested_at) as moved_at
    from page join access_requests on access_requests.id = page.id
        left join accounts a on a.id = decided_by left join accounts i on i.id = invited_by
    order by {order}
"""
