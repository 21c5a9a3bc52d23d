"""The audit as the site owner reads it: who did what to whom, when, from where and by which way; newest first.

Adding to it is audit.py's part.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from store.connect import Db, rows

Cursor = tuple[int, str]
MOST_NAMESAKES = 20


@dataclass(frozen=True)
class Entry:
    """One line. `actor` is a name, None for a shell, a link, a rule or the engine; `actor_id` the account, if any.

    `subject_name` is whose account the subject is, where it is one. `at` is milliseconds UTC.
    """

    id: int
    at: int
    actor: str | None
    actor_id: str | None
    way: str
    action: str
    subject: str
    subject_name: str | None
    workspace: str | None
    detail: str
    ip: str


@dataclass(frozen=True)
class Asked:
    """What is looked for: `who` (an address, an account id or any subject), an action or the noun before its dot, and
    a stretch of time [since, until) in milliseconds UTC. Empty and None: everything.
    """

    who: str = ""
    what: str = ""
    since: int | None = None
    until: int | None = None


def listed(db: Db, asked: Asked, *, limit: int, before: Cursor | None = None) -> list[Entry]:
    """The newest entries; `before` is the `(at, id)` of the last one on the page before this one."""
    at, last = before or (2**62, str(2**62))
    values: dict[str, object] = {
        "since": -(2**62) if asked.since is None else asked.since,
        "until": 2**62 if asked.until is None else asked.until,
        "at": at,
        "last": int(last) if last.isdecimal() and len(last) < 20 else 0,
        "limit": limit,
    }
    where = "at >= :since and at < :until and (at, id) < (:at, :last)"
    who = _named("w", _namesakes(db, asked.who), values) if asked.who else []
    what = _named("a", _meant(db, asked.what), values) if asked.what else []
    # One seek into one index for each name; what is found by two of them is listed once.
    if who:
        of_kind = f" and action in ({', '.join(what)})" if asked.what else ""
        parts = [f"{column} = {name}{of_kind} and {where}" for column in ("actor", "subject") for name in who]
    elif asked.what:
        parts = [f"action = {name} and {where}" for name in what]
    else:
        parts = [where]
    chosen = " union ".join(f"select * from (select id, at from audit where {part} {_NEWEST})" for part in parts)  # noqa: S608
    return _entries(db, f"select id from ({chosen}) {_NEWEST}", values) if parts else []  # noqa: S608


def about(db: Db, subjects: Sequence[str], *, most: int) -> list[Entry]:
    """The newest entries about one of these subjects."""
    names = ", ".join(f":s{number}" for number in range(len(subjects)))
    values: dict[str, object] = {f"s{number}": subject for number, subject in enumerate(subjects)}
    return _entries(db, f"select id from audit where subject in ({names}) {_NEWEST}", {**values, "limit": most})  # noqa: S608


def actions(db: Db) -> list[str]:
    """Every action that stands in the audit, in order; one seek for each."""
    found = rows(
        db,
        """
        with recursive known (action) as (
            select min(action) from audit
            union all select (select min(a.action) from audit a where a.action > known.action) from known
                where known.action is not null
        )
        select action from known where action is not null
        """,
    )
    return [str(row["action"]) for row in found]


def _namesakes(db: Db, who: str) -> list[str]:
    """What `who` may stand for: the text itself, and the accounts with that address."""
    found = rows(
        db,
        "select id from accounts where email in (:who, :folded) limit :most",
        who=who,
        folded=who.lower(),
        most=MOST_NAMESAKES,
    )
    return list(dict.fromkeys([who, who.lower(), *(str(row["id"]) for row in found)]))


def _meant(db: Db, what: str) -> list[str]:
    """The actions that `what` names: itself, or all with that noun."""
    return [action for action in actions(db) if action == what or action.startswith(f"{what}.")]


def _named(prefix: str, texts: Sequence[str], values: dict[str, object]) -> list[str]:
    """Names of parameters for the texts, which are added to `values`."""
    values.update({f"{prefix}{number}": text for number, text in enumerate(texts)})
    return [f":{prefix}{number}" for number in range(len(texts))]


def _entries(db: Db, chosen: str, values: dict[str, object]) -> list[Entry]:
    found = rows(
        db,
        f"""
        with chosen as materialized ({chosen})
        select e.id, e.at, coalesce(nullif(a.display_name, ''), a.email, e.actor) as actor, e.actor as actor_id, e.way,
            e.action, e.subject, coalesce(nullif(s.display_name, ''), s.email) as subject_name, w.name as workspace,
            e.detail, e.ip
        from chosen c join audit e on e.id = c.id left join accounts a on a.id = e.actor
            left join accounts s on s.id = e.subject left join workspaces w on w.id = e.workspace_id
        order by e.at desc, e.id desc
        """,  # noqa: S608 - made of our own texts and names of parameters
        **values,
    )
    return [Entry(**row) for row in found]  # type: ignore[arg-type]


_NEWEST = "order by at desc, id desc limit :limit"
