"""Artifacts: each output of a job, which file of the media folder it is, and what is known of its bytes."""

import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from rules.states import ArtifactState
from store.connect import Db, rows
from store.errors import NotFound
from store.incoming import Stored

MOST_PARAMETERS = 500


@dataclass(frozen=True)
class Artifact:
    """One artifact of a result. `id` is ours, `artifact_id` the pusher's; `size` is in bytes, `created_at` ms UTC."""

    id: str
    result_id: str
    artifact_id: str
    variant: str
    state: ArtifactState
    media_type: str
    extension: str
    size: int
    sha256: str
    media_key: str
    created_at: int


@dataclass(frozen=True)
class Arrived:
    """A file of the media folder that is to be somebody's artifact, and what its content says that it is."""

    media_type: str
    extension: str
    stored: Stored


@dataclass(frozen=True)
class NewArtifact:
    """What a pusher brings: its names, the recognised type, and the file that lies in the media folder already."""

    artifact_id: str
    variant: str
    media_type: str
    extension: str
    stored: Stored


def add(db: Db, result_id: str, new: Sequence[NewArtifact], *, now: int) -> None:
    """Add ready artifacts to a result, after those that it has and in the order given.

    One whose address could not be fetched takes the place of its failure.
    """
    for position, each in enumerate(new, _count(db, result_id)):
        db.conn.execute(
            """
            insert into artifacts (id, result_id, artifact_id, variant, state, media_type, extension, size, sha256,
                content_hash, media_key, position, created_at)
            values (:id, :result, :artifact, :variant, :state, :media_type, :extension, :size, :sha256,
                :content_hash, :media_key, :position, :now)
            on conflict (result_id, artifact_id, variant) do update set state = :state, media_type = :media_type,
                extension = :extension, size = :size, sha256 = :sha256, content_hash = :content_hash,
                media_key = :media_key
            where state = 'failed'
            """,
            {
                "id": secrets.token_urlsafe(12),
                "result": result_id,
                "artifact": each.artifact_id,
                "variant": each.variant,
                "state": ArtifactState.READY,
                "media_type": each.media_type,
                "extension": each.extension,
                "size": each.stored.size,
                "sha256": each.stored.sha256,
                "content_hash": each.stored.content_hash,
                "media_key": each.stored.key,
                "position": position,
                "now": now,
            },
        )


def expect(db: Db, result_id: str, artifact_id: str, variant: str, *, now: int) -> str:
    """Add an artifact whose bytes are to be fetched, or have a failed one fetched again; the id of its row.

    No file lies behind its media key, which only keeps the column's promise of being unlike all others.
    """
    row_id = secrets.token_urlsafe(12)
    found = rows(
        db,
        """
        insert into artifacts (id, result_id, artifact_id, variant, state, media_type, extension, size, sha256,
            content_hash, media_key, position, created_at)
        values (:id, :result, :artifact, :variant, :state, '', '', 0, '', '', 'fetching:' || :id, :position, :now)
        on conflict (result_id, artifact_id, variant) do update set state = :state
        returning id
        """,
        id=row_id,
        result=result_id,
        artifact=artifact_id,
        variant=variant,
        state=ArtifactState.FETCHING,
        position=_count(db, result_id),
        now=now,
    )
    return str(found[0]["id"])


def of_results(db: Db, result_ids: Sequence[str]) -> dict[str, list[Artifact]]:
    """The artifacts of a page of results, by result id, in the order in which they came."""
    found: dict[str, list[Artifact]] = {result_id: [] for result_id in result_ids}
    for start in range(0, len(result_ids), MOST_PARAMETERS):
        some = result_ids[start : start + MOST_PARAMETERS]
        names = ", ".join(f":r{number}" for number in range(len(some)))
        sql = f"select * from artifacts where result_id in ({names}) order by position"  # noqa: S608 - our own names
        for row in rows(db, sql, **{f"r{number}": result_id for number, result_id in enumerate(some)}):
            found[str(row["result_id"])].append(_artifact(row))
    return found


def open_to_holders(db: Db, row_id: str) -> Artifact:
    """The artifact behind a signed link; NotFound once it, or anything that it belongs to, is deleted or not ready."""
    found = rows(
        db,
        """
        select a.* from artifacts a
            join results r on r.id = a.result_id and r.deleted_at is null
            join experiences e on e.id = r.experience_id and e.deleted_at is null
            join projects p on p.id = r.project_id and p.deleted_at is null
            join workspaces w on w.id = r.workspace_id and w.deleted_at is null
        where a.id = :id and a.state = :ready
        """,
        id=row_id,
        ready=ArtifactState.READY,
    )
    if not found:
        raise NotFound
    return _artifact(found[0])


def stored_keys(db: Db, keys: Collection[str]) -> set[str]:
    """Those of the media keys that a row refers to."""
    return {key for key in keys if rows(db, "select 1 as one from artifacts where media_key = :key", key=key)}


def _count(db: Db, result_id: str) -> int:
    return int(str(rows(db, "select count(*) as many from artifacts where result_id = :r", r=result_id)[0]["many"]))


def _artifact(row: dict[str, object]) -> Artifact:
    values = {name: row[name] for name in Artifact.__dataclass_fields__}
    return Artifact(**{**values, "state": ArtifactState(str(row["state"]))})  # type: ignore[arg-type]
