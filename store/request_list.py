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
    newest_first = _NEWEST_FIRST.format(state="" if state is None else "state = :state and")
    found = rows(
        db,
        _LISTED.format(page=_OLDEST_FIRST if state is RequestState.PENDING else newest_first),
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
# Bounds that are always there let the index be entered where the page begins.
_OLDEST_FIRST = f"""
    where state = 'pending' and (requested_at, id) > (coalesce(:at, -1), coalesce(:last, '')) and {_FOUND}
    order by requested_at, id
"""
_NEWEST_FIRST = f"""
    where {{state}} {_MOVED} <= coalesce(:at, {2**62}) and (:at is null or {_MOVED} < :at or id > :last) and {_FOUND}
    order by {_MOVED} desc, id
"""
# The page is cut before names are looked up, so that only its own rows are joined.
_LISTED = """
    with page as materialized (select * from access_requests {page} limit :limit)
    select r.id, r.email, r.name, r.message, r.state, r.account_id, r.requested_at, r.decided_at,
        coalesce(nullif(a.display_name, ''), a.email) as decided_by, r.decided_way, r.approved_until, r.note,
        r.former_state, r.former_at, r.former_note, coalesce(nullif(i.display_name, ''), i.email) as invited_by,
        r.invited_to, coalesce(r.decided_at, r.requested_at) as moved_at
    from page r left join accounts a on a.id = r.decided_by left join accounts i on i.id = r.invited_by
    order by case when :state = 'pending' then r.requested_at else -coalesce(r.decided_at, r.requested_at) end, r.id
"""
