"""What outlives its use: the media of what was deleted, and old rows of the export log, whose counts stay.

Rows of exports and results stay: they are what a job pushed again is recognised by, and whose paths are held for ever.
"""

from dataclasses import dataclass

from store.connect import Db, rows

DAY_MS = 86_400_000
KEEP_ATTEMPTS_MS = 90 * DAY_MS
"""So long every try of an export is told; after that, its last one alone."""

MEDIA_REST_MS = 3_600_000
"""After a deletion: who is looking at a file gets to the end of it."""

_CAME_TO = "attempts_condensed_to"
_CONTAINERS = {
    "experiences": "join results r on r.experience_id = c.id",
    "projects": "join results r on r.project_id = c.id",
    "workspaces": "join results r on r.project_id in (select p.id from projects p where p.workspace_id = c.id)",
}


@dataclass(frozen=True)
class Leftover:
    """A result that is deleted, itself or with what it belongs to, and the files that it still has on our disk."""

    result_id: str
    media_keys: list[str]


def leftovers(db: Db, *, now: int, most: int = 2000) -> list[Leftover]:
    """Results whose media is to be removed. While one of its exports is still to be skipped, it waits."""
    selects = ["select r.id from results r where r.deleted_at <= :before and r.media_gone_at is null and {ended}"]
    selects += [
        f"select r.id from {table} c {join} "  # noqa: S608 - made of our own texts
        "where c.deleted_at <= :before and c.media_gone_at is null and r.media_gone_at is null and {ended}"
        for table, join in _CONTAINERS.items()
    ]
    ended = "not exists (select 1 from exports e where e.result_id = r.id and e.state in ('waiting', 'uploading'))"
    sql = " union all ".join(selects).replace("{ended}", ended)
    found = rows(db, f"{sql} limit :most", before=now - MEDIA_REST_MS, most=most)
    # A result may be deleted both by itself and with its project.
    result_ids = dict.fromkeys(str(row["id"]) for row in found)
    return [Leftover(result_id, _keys(db, result_id)) for result_id in result_ids]


def removed(db: Db, result_ids: list[str], *, now: int) -> None:
    """The files of these results are gone from our disk."""
    for result_id in result_ids:
        db.conn.execute("update results set media_gone_at = :now where id = :id", {"now": now, "id": result_id})


def close_emptied(db: Db, *, now: int) -> int:
    """Of what was deleted, mark what has no media left, so that it is never looked through again; how many."""
    closed = 0
    for table, join in _CONTAINERS.items():
        marked = db.conn.execute(
            f"""
            update {table} set media_gone_at = :now where id in (
                select c.id from {table} c
                where c.deleted_at <= :before and c.media_gone_at is null and not exists (
                    select 1 from {table} d {join.replace("c.id", "d.id")}
                    where d.id = c.id and r.media_gone_at is null
                )
                limit 20
            )
            """,  # noqa: S608 - made of our own texts
            {"now": now, "before": now - MEDIA_REST_MS},
        )
        closed += marked.rowcount
    return closed


def condense_attempts(db: Db, *, now: int, most: int = 500) -> int:
    """Go through a slice of old tries and forget them, but for each export's last one; their counts stay.

    Where it came to is remembered, so that what stays is not gone through again. How many it went through.
    """
    at, last = _came_to(db)
    found = rows(
        db,
        """
        select a.id, a.project_id, a.status, coalesce(a.error_kind, '') as error_kind, a.created_at,
            exists (select 1 from attempts b where b.export_id = a.export_id and b.n > a.n) as superseded
        from attempts a
        where a.created_at >= :at and a.created_at < :before and (a.created_at > :at or a.id > :last)
        order by a.created_at, a.id limit :most
        """,
        at=at,
        last=last,
        before=now - KEEP_ATTEMPTS_MS,
        most=most,
    )
    for row in found:
        if not row["superseded"]:
            continue
        db.conn.execute(
            """
            insert into condensed_attempts (project_id, status, error_kind, many)
            values (:project_id, :status, :error_kind, 1)
            on conflict (project_id, status, error_kind) do update set many = many + 1
            """,
            {name: row[name] for name in ("project_id", "status", "error_kind")},
        )
        db.conn.execute("delete from attempts where id = :id", {"id": row["id"]})
    if found:
        db.conn.execute(
            """
            insert into installation (name, value, updated_at) values (:name, :value, :now)
            on conflict (name) do update set value = :value, updated_at = :now
            """,
            {"name": _CAME_TO, "value": f"{found[-1]['created_at']} {found[-1]['id']}", "now": now},
        )
    return len(found)


def _came_to(db: Db) -> tuple[int, str]:
    found = rows(db, "select value from installation where name = :name", name=_CAME_TO)
    at, _, last = str(found[0]["value"]).partition(" ") if found else ("0", "", "")
    return int(at), last


def condensed(db: Db, project_id: str) -> dict[tuple[str, str], int]:
    """How many tries of the project were forgotten, by how they ended: status, and error kind or ''."""
    found = rows(
        db, "select status, error_kind, many from condensed_attempts where project_id = :project", project=project_id
    )
    return {(str(row["status"]), str(row["error_kind"])): int(str(row["many"])) for row in found}


def _keys(db: Db, result_id: str) -> list[str]:
    found = rows(db, "select media_key from artifacts where result_id = :r and state = 'ready'", r=result_id)
    return [str(row["media_key"]) for row in found]
