"""A person's Retry: whatever an export's state, they ask for the file to be in Dropbox now."""

import secrets

from rules.failures import FailureKind
from rules.states import ConnectionStatus, ExportState
from store import audit, destinations, export_paths
from store.connect import Db, rows
from store.destinations import Destination, File, Random
from store.errors import Conflict, NotFound

UPLOADING = "This export is being uploaded right now."
OFF = "Export to Dropbox is off for this project. Switch it on, then retry."
DISCONNECTED = "Dropbox is not connected. Connect it, then retry."

# Pauses of which the failure table says that a person may end them; the others are Dropbox's own.
_ENDED_BY_A_PERSON = (FailureKind.INSUFFICIENT_SPACE, FailureKind.NOT_PERMITTED)


def retry(
    db: Db, *, export_id: str, by: str, now: int, way: str = "page", random: Random = secrets.token_bytes
) -> None:
    """Have the export tried now, with all its attempts again if it had ended.

    An exported one keeps its path, so that the file is written over; one that failed or was skipped gets the path of
    today's names and settings; one that waits is due at once. Raises Conflict while it is uploading, while export is
    off and while Dropbox is disconnected, NotFound for an unknown or deleted one.
    """
    found = rows(db, "select * from exports_with_names where id = :id", id=export_id)
    to = destinations.of_result(db, str(found[0]["result_id"])) if found else None
    if to is None:
        raise NotFound
    export = found[0]
    _refuse(ExportState(str(export["state"])), to)
    if _waits_for_today(export, to):
        db.conn.execute(
            """
            update exports set due_at = case when due_at < :now then due_at else :now end, updated_at = :now
            where id = :id
            """,
            {"id": export_id, "now": now},
        )
    else:
        begin_again(db, export, to, now=now, random=random)
    # Somebody asks for this one: it waits behind nothing any more.
    db.conn.execute("update exports set priority = 0 where id = :id", {"id": export_id})
    db.conn.execute(
        """
        update connections set paused_until = 0, pause_reason = null, paused_at = null, updated_at = :now
        where id = :id and pause_reason in (:space, :permission)
        """,
        {"id": to.connection_id, "now": now, "space": _ENDED_BY_A_PERSON[0], "permission": _ENDED_BY_A_PERSON[1]},
    )
    audit.record(
        db,
        at=now,
        actor=by,
        way=way,
        action="export.retried",
        subject=export_id,
        workspace_id=to.workspace_id,
        detail=f"was {export['state']}",
    )


def retry_failed(db: Db, *, project_id: str, by: str, now: int, failed_by: int, most: int, way: str = "page") -> int:
    """Retry up to `most` of the project's failed exports, those that had failed at `failed_by`; how many it were.

    Called again until it returns 0, it does them all, and none twice, even if some fail again in the meantime.
    Raises Conflict while export is off and while Dropbox is disconnected.
    """
    found = rows(
        db,
        """
        select e.id from exports e
        join results r on r.id = e.result_id and r.deleted_at is null
        join experiences x on x.id = e.experience_id and x.deleted_at is null
        where e.project_id = :project and e.state = 'failed' and e.finished_at <= :failed_by
        order by e.created_at desc, e.id limit :most
        """,
        project=project_id,
        failed_by=failed_by,
        most=most,
    )
    for row in found:
        retry(db, export_id=str(row["id"]), by=by, now=now, way=way)
    return len(found)


def begin_again(db: Db, export: dict[str, object], to: Destination, *, now: int, random: Random) -> None:
    """Make an export (a row of exports_with_names) wait as if new, under today's epochs, in today's Dropbox account.

    Its path is today's, unless it lies there already.
    """
    export_id, present = str(export["id"]), str(export["destination_path"])
    path, check_first = present, 0
    if export["state"] != ExportState.EXPORTED or export["dropbox_account_id"] != to.dropbox_account_id:
        file = File(*(str(export[name]) for name in ("artifact_id", "variant", "extension")))
        place = destinations.find(db, to, file, export_id=export_id, random=random, now=now, present=present)
        export_paths.claim_path(db, to.dropbox_account_id, place.path, export_id, wanted=place.wanted)
        # Whether an earlier try got there all the same is worth asking only where it would have got to.
        same_place = (to.dropbox_account_id, place.path) == (export["dropbox_account_id"], present)
        path, check_first = place.path, int(bool(export["check_first"]) and same_place)
    db.conn.execute(
        """
        update exports set state = 'waiting', attempts = 0, busy_in_a_row = 0, hash_mismatches = 0,
            check_first = :check_first, due_at = :now, claim = null, claimed_at = null,
            connection_id = :connection, dropbox_account_id = :account, connection_epoch = :connection_epoch,
            settings_epoch = :settings_epoch, destination_path = :path, error_kind = null, error_message = null,
            updated_at = :now, finished_at = null
        where id = :id
        """,
        {
            "id": export_id,
            "check_first": check_first,
            "now": now,
            "connection": to.connection_id,
            "account": to.dropbox_account_id,
            "connection_epoch": to.connection_epoch,
            "settings_epoch": to.settings_epoch,
            "path": path,
        },
    )


def _refuse(state: ExportState, to: Destination) -> None:
    if state is ExportState.UPLOADING:
        raise Conflict(UPLOADING)
    if to.connection_status is ConnectionStatus.DISCONNECTED:
        raise Conflict(DISCONNECTED)
    if not to.enabled:
        raise Conflict(OFF)


def _waits_for_today(export: dict[str, object], to: Destination) -> bool:
    """Whether it waits and nothing was stopped since: else its wait is over, even if its row does not say so yet."""
    return (export["state"], export["connection_epoch"], export["settings_epoch"]) == (
        ExportState.WAITING,
        to.connection_epoch,
        to.settings_epoch,
    )
