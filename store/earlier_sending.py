"""Earlier results on their way into the queue: slice by slice, behind whatever is fresh, and none twice.

An artifact has one export for ever (`export_key`), so that asking twice, or a crash in between, sends nothing twice.
"""

import secrets

import structlog

from rules.states import EarlierState
from store import destinations, exports
from store.connect import Db, rows, savepoint
from store.earlier_exports import SKIPPED, UNSENT, refuse
from store.errors import Conflict
from store.export_retry import begin_again

PRIORITY = 1
"""Of earlier exports (`exports.priority`). Fresh ones have 0 and go first."""

log = structlog.get_logger("earlier")


def anything_to_send(db: Db) -> bool:
    """Whether a sending still has results to enqueue."""
    return bool(rows(db, "select 1 as one from earlier_exports where state = 'sending' limit 1"))


def send(db: Db, *, now: int, most: int = 20) -> int:
    """Enqueue one slice of the sending that waited longest; how many results and exports it took.

    A sending that has come to its end, or whose export was stopped, is closed; 0 when there is none.
    """
    found = rows(db, "select * from earlier_exports where state = 'sending' order by started_at, id limit 1")
    if not found:
        return 0
    sending = found[0]
    try:
        refuse(db, str(sending["project_id"]))
    except Conflict:
        _close(db, sending, EarlierState.STOPPED, now=now)
        return 1
    taken = _send_unsent(db, sending, now=now, most=most) or _send_skipped(db, sending, now=now, most=most)
    if not taken:
        _close(db, sending, EarlierState.SENT, now=now)
    return max(taken, 1)


def _send_unsent(db: Db, sending: dict[str, object], *, now: int, most: int) -> int:
    found = rows(
        db,
        f"""
        select r.id, r.arrived_at {UNSENT} and r.arrived_at <= :started
            and (r.arrived_at > :after or (r.arrived_at = :after and r.id > :after_id))
        order by r.arrived_at, r.id limit :most
        """,
        project=sending["project_id"],
        started=sending["started_at"],
        after=sending["results_after"],
        after_id=sending["results_after_id"],
        most=most,
    )
    for row in found:
        result_id = str(row["id"])
        before = [str(each["id"]) for each in rows(db, "select id from exports where result_id = :r", r=result_id)]
        try:
            with savepoint(db, "earlier"):
                exports.enqueue(db, result_id=result_id, now=now)
                for each in rows(db, "select id from exports where result_id = :r", r=result_id):
                    if each["id"] not in before:
                        _mark(db, str(each["id"]), str(sending["id"]))
        except Exception:
            # One result that cannot be enqueued keeps no other from it; it is offered again.
            log.exception("an earlier result could not be enqueued", result_id=result_id)
    if found:
        _advance(db, sending, "results", int(str(found[-1]["arrived_at"])), str(found[-1]["id"]))
    return len(found)


def _send_skipped(db: Db, sending: dict[str, object], *, now: int, most: int) -> int:
    found = rows(
        db,
        f"""
        select e.id, e.created_at {SKIPPED} and e.finished_at <= :started
            and (e.created_at > :after or (e.created_at = :after and e.id > :after_id))
        order by e.created_at, e.id limit :most
        """,
        project=sending["project_id"],
        started=sending["started_at"],
        after=sending["skipped_after"],
        after_id=sending["skipped_after_id"],
        most=most,
    )
    for row in found:
        export = rows(db, "select * from exports_with_names where id = :id", id=row["id"])[0]
        to = destinations.of_result(db, str(export["result_id"]))
        assert to is not None
        try:
            with savepoint(db, "earlier"):
                begin_again(db, export, to, now=now, random=secrets.token_bytes)
                _mark(db, str(row["id"]), str(sending["id"]))
        except Exception:
            log.exception("a skipped export could not begin again", export=row["id"])
    if found:
        _advance(db, sending, "skipped", int(str(found[-1]["created_at"])), str(found[-1]["id"]))
    return len(found)


def _mark(db: Db, export_id: str, earlier_id: str) -> None:
    db.conn.execute(
        "update exports set priority = :priority, earlier_id = :earlier where id = :id",
        {"priority": PRIORITY, "earlier": earlier_id, "id": export_id},
    )


def _advance(db: Db, sending: dict[str, object], which: str, after: int, after_id: str) -> None:
    db.conn.execute(
        f"update earlier_exports set {which}_after = :after, {which}_after_id = :after_id where id = :id",  # noqa: S608
        {"id": sending["id"], "after": after, "after_id": after_id},
    )


def _close(db: Db, sending: dict[str, object], state: EarlierState, *, now: int) -> None:
    db.conn.execute(
        "update earlier_exports set state = :state, finished_at = :now where id = :id",
        {"state": state, "now": now, "id": sending["id"]},
    )
