"""A connected workspace with results in it, for tests of the export store: made by the store's own functions."""

import secrets
from base64 import b64encode

from rules.envelope import Keyring
from store import artifacts, connections, export_settings, exports, sessions
from store.artifacts import NewArtifact
from store.connect import Db, rows
from store.connections import Connection
from store.exports import Export
from store.incoming import Stored
from tests.store.people import NOW, World

KEYRING = Keyring.parse("first:" + b64encode(bytes(range(32))).decode())
SCOPES = ("account_info.read", "files.content.write", "files.metadata.read")
OWNER = "dbid:owner"


def eight_f_3_k(count: int) -> bytes:
    """Random bytes that make the short code 8F3K."""
    return (6 + 13 * 30 + 1 * 30**2 + 17 * 30**3).to_bytes(count, "big")


def connect(
    db: Db, workspace_id: str, *, account: str = "dbid:studio", token: str = "refresh-1", now: int = NOW
) -> Connection:
    """Connect the workspace to somebody's Dropbox."""
    return connections.save(
        db,
        workspace_id=workspace_id,
        dropbox_account_id=account,
        account_email=f"{account.removeprefix('dbid:')}@example.com",
        account_display_name="Studio",
        refresh_token=token,
        scopes=SCOPES,
        keyring=KEYRING,
        by=OWNER,
        now=now,
    )


def switched_on(db: Db, world: World, *, account: str = "dbid:studio") -> Connection:
    """Connect the world's workspace and switch its project's export on."""
    connection = connect(db, world.workspace.id, account=account)
    export_settings.switch(db, project_id=world.project.id, enabled=True, by=OWNER, now=NOW)
    return connection


def result(
    db: Db,
    world: World,
    *,
    experience_id: str = "",
    project_id: str = "",
    workspace_id: str = "",
    session: str | None = None,
    files: tuple[tuple[str, str], ...] = (("result", "final"),),
    extension: str = "jpg",
    now: int = NOW,
    random=secrets.token_bytes,
) -> str:
    """Store a result with ready artifacts, without its exports; returns its id."""
    experience_id = experience_id or world.experience.id
    result_id = secrets.token_urlsafe(12)
    joined = sessions.joined(db, experience_id, label=session, now=now, random=random)
    db.conn.execute(
        """
        insert into results (id, workspace_id, project_id, experience_id, session_id, job_id, created_at, arrived_at)
        values (:id, :workspace, :project, :experience, :session, :job, :now, :now)
        """,
        {
            "id": result_id,
            "workspace": workspace_id or world.workspace.id,
            "project": project_id or world.project.id,
            "experience": experience_id,
            "session": joined.id,
            "job": f"job-{result_id}",
            "now": now,
        },
    )
    artifacts.add(db, result_id, [_new(*names, extension) for names in files], now=now)
    return result_id


def pushed(db: Db, world: World, **about) -> list[Export]:
    """Store a result and enqueue its exports, as a push does."""
    result_id = result(db, world, **about)
    exports.enqueue(db, result_id=result_id, now=about.get("now", NOW))
    return exports.of_result(db, result_id)


def states(db: Db) -> dict[str, int]:
    """How many exports are in which state."""
    found = rows(db, "select state, count(*) as many from exports group by state")
    return {str(row["state"]): int(str(row["many"])) for row in found}


def claim(db: Db, export_id: str) -> None:
    """Have the export in the hands of a pump."""
    db.conn.execute(
        "update exports set state = 'uploading', claim = 'boot:1', claimed_at = :now where id = :id",
        {"id": export_id, "now": NOW},
    )


def finish(db: Db, export_id: str, state: str, *, now: int = NOW) -> None:
    """Have the export ended by a pump."""
    db.conn.execute(
        """
        update exports set state = :state, claim = null, claimed_at = null, attempts = 3, tries = 3,
            finished_at = :now, rev = case :state when 'exported' then 'r1' end,
            dropbox_file_id = case :state when 'exported' then 'id:1' end,
            error_kind = case :state when 'failed' then 'bad_name' end
        where id = :id
        """,
        {"id": export_id, "state": state, "now": now},
    )


def audited(db: Db) -> list[str]:
    """The acts in the audit, oldest first."""
    return [str(row["action"]) for row in rows(db, "select action from audit order by id")]


def _new(artifact_id: str, variant: str, extension: str) -> NewArtifact:
    return NewArtifact(artifact_id, variant, "image/jpeg", extension, _stored())


def _stored() -> Stored:
    return Stored(key=secrets.token_hex(16), size=1000, sha256="0" * 64, content_hash="1" * 64)
