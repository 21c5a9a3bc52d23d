"""What the engine does to verifications: takes one for a try, writes down what it found, and how the try ended."""

from collections.abc import Sequence
from dataclasses import dataclass

from rules.failures import FailureKind
from rules.states import FindingKind
from store.connect import Db, rows


@dataclass(frozen=True)
class Claimed:
    """A verification taken for one try, `attempts` before it."""

    id: str
    claim: str
    project_id: str
    attempts: int
    started_at: int


def claim(db: Db, *, now: int, claim: str) -> Claimed | None:
    """Take the verification that is due first, under a text that no other claim ever had."""
    found = rows(
        db,
        """
        update verifications set state = 'running', claim = :claim, started_at = :now, seen = 0
        where id = (select id from verifications where state = 'waiting' and due_at <= :now order by due_at, id limit 1)
        returning id, project_id, attempts
        """,
        claim=claim,
        now=now,
    )
    if not found:
        return None
    row = found[0]
    return Claimed(str(row["id"]), claim, str(row["project_id"]), int(str(row["attempts"])), now)


def any_due(db: Db, *, now: int) -> bool:
    """Whether one is due; asked often, so that an idle installation writes nothing."""
    return bool(rows(db, "select 1 as one from verifications where state = 'waiting' and due_at <= :now", now=now))


def put_off(db: Db, claimed: Claimed, *, due_at: int, spent: bool) -> None:
    """It could not go on now; the next try is at `due_at` and goes on from where this one came to."""
    db.conn.execute(
        """
        update verifications set state = 'waiting', claim = null, due_at = :due_at, attempts = attempts + :spent
        where id = :id and claim = :claim
        """,
        {"id": claimed.id, "claim": claimed.claim, "due_at": due_at, "spent": int(spent)},
    )


def fail(db: Db, claimed: Claimed, kind: FailureKind, *, now: int) -> None:
    """It can't be done; the last one that was stays to be seen nowhere, so that nobody trusts an old word."""
    db.conn.execute(
        """
        update verifications set state = 'failed', claim = null, error_kind = :kind, finished_at = :now
        where id = :id and claim = :claim
        """,
        {"id": claimed.id, "claim": claimed.claim, "kind": kind, "now": now},
    )


def add_findings(db: Db, claimed: Claimed, found: Sequence[tuple[str, FindingKind]]) -> None:
    """Write some of what was found; export ids with what is wrong."""
    for export_id, kind in found:
        db.conn.execute(
            """
            insert into verification_findings (verification_id, export_id, kind) values (:id, :export, :kind)
            on conflict do nothing
            """,
            {"id": claimed.id, "export": export_id, "kind": kind},
        )


def finish(db: Db, claimed: Claimed, *, total: int, now: int) -> None:
    """It is done, with the findings written before. Verifications that ended earlier are forgotten."""
    db.conn.execute(
        """
        update verifications set state = 'done', claim = null, total = :total, finished_at = :now,
            missing = (select count(*) from verification_findings f where f.verification_id = :id and kind = 'missing'),
            changed = (select count(*) from verification_findings f where f.verification_id = :id and kind = 'changed')
        where id = :id and claim = :claim
        """,
        {"id": claimed.id, "claim": claimed.claim, "total": total, "now": now},
    )
    older = "project_id = :project and id != :id and state in ('done', 'failed')"
    values = {"project": claimed.project_id, "id": claimed.id}
    db.conn.execute(
        "delete from verification_findings where verification_id in "  # noqa: S608 - made of our own texts
        f"(select id from verifications where {older})",
        values,
    )
    db.conn.execute(f"delete from verifications where {older}", values)  # noqa: S608 - made of our own texts


def recover(db: Db, *, now: int) -> None:
    """At start: what a crash left running begins again."""
    db.conn.execute(
        "update verifications set state = 'waiting', claim = null, due_at = :now where state = 'running'", {"now": now}
    )
