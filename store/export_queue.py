"""How exports come to be: one for each ready artifact of a result, in the very transaction that stores the result.

It is on the path of every push: a handful of indexed statements, and no file, clock or network.
"""

import json
import secrets
from hashlib import sha256

import structlog

from rules.failures import FailureKind
from rules.states import ConnectionStatus
from store import destinations, export_log, export_paths
from store.connect import Db, rows, savepoint
from store.destinations import Destination, File, Random
from store.export_log import Skip

log = structlog.get_logger("exports")


def export_key(project_id: str, experience_id: str, job_id: str, artifact_id: str, variant: str) -> str:
    """What makes an export the same one: SHA-256 in hex of the five, encoded so that no two lists look alike."""
    parts = [project_id, experience_id, job_id, artifact_id, variant]
    return sha256(json.dumps(parts).encode()).hexdigest()


def enqueue(db: Db, *, result_id: str, now: int, random: Random = secrets.token_bytes) -> int:
    """Make the exports of a result that are not there yet; returns how many rows were made.

    None while export is off or was never configured, and for what is deleted. Under a lost connection they wait, under
    a disconnected one they are skipped, which the log says. Paths are frozen from the names of this moment.
    """
    to = destinations.of_result(db, result_id)
    if to is None or not to.enabled:
        return 0
    made = [_add(db, to, artifact, random=random, now=now) for artifact in _without_export(db, result_id)]
    if to.connection_status is ConnectionStatus.DISCONNECTED:
        export_log.skip(db, [Skip(export_id, FailureKind.DISCONNECTED) for export_id in made], now=now)
    return len(made)


def enqueue_owed(db: Db, now: int, most: int = 200, random: Random = secrets.token_bytes) -> int:
    """Make up for exports that could not be made when their result was stored; returns how many rows were made.

    A result for which it fails again stays owed. They are taken in any order, so that a few that always fail
    don't keep the others waiting.
    """
    owed = rows(
        db,
        "select id from results where owed_export = 1 and deleted_at is null order by random() limit :most",
        most=most,
    )
    made = 0
    for result_id in (str(row["id"]) for row in owed):
        try:
            with savepoint(db, "owed"):
                made += enqueue(db, result_id=result_id, now=now, random=random)
                db.conn.execute("update results set owed_export = 0 where id = :id", {"id": result_id})
        except Exception:
            log.exception("result still owed its export", result_id=result_id)
    return made


def _without_export(db: Db, result_id: str) -> list[dict[str, object]]:
    return rows(
        db,
        """
        select a.id, a.artifact_id, a.variant, a.extension, a.size, a.content_hash from artifacts a
        where a.result_id = :result and a.state = 'ready'
            and not exists (select 1 from exports e where e.result_id = :result and e.artifact_row_id = a.id)
        order by a.position
        """,
        result=result_id,
    )


def _add(db: Db, to: Destination, artifact: dict[str, object], *, random: Random, now: int) -> str:
    file = File(*(str(artifact[name]) for name in ("artifact_id", "variant", "extension")))
    export_id = secrets.token_urlsafe(12)
    place = destinations.find(db, to, file, export_id=export_id, random=random, now=now)
    db.conn.execute(
        """
        insert into exports (id, export_key, workspace_id, project_id, experience_id, result_id, artifact_row_id,
            session_id, connection_id, dropbox_account_id, connection_epoch, settings_epoch, state, due_at,
            destination_path, size, content_hash, created_at, updated_at)
        values (:id, :key, :workspace, :project, :experience, :result, :artifact,
            :session, :connection, :account, :connection_epoch, :settings_epoch, 'waiting', :now,
            :path, :size, :content_hash, :now, :now)
        """,
        {
            "id": export_id,
            "key": export_key(to.project_id, to.experience_id, to.job_id, file.artifact_id, file.variant),
            "workspace": to.workspace_id,
            "project": to.project_id,
            "experience": to.experience_id,
            "result": to.result_id,
            "artifact": artifact["id"],
            "session": to.session_id,
            "connection": to.connection_id,
            "account": to.dropbox_account_id,
            "connection_epoch": to.connection_epoch,
            "settings_epoch": to.settings_epoch,
            "now": now,
            "path": place.path,
            "size": artifact["size"],
            "content_hash": artifact["content_hash"],
        },
    )
    export_paths.claim_path(db, to.dropbox_account_id, place.path, export_id, wanted=place.wanted)
    return export_id
