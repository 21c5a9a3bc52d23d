"""Step 12: what is forgotten after its time, with the counts that stay, and which deleted things have no media left."""

from store.connect import Db
from store.migrations.script import run


def m012_retention(db: Db) -> None:
    run(
        db,
        """
        create table condensed_attempts (
            project_id text not null references projects (id),
            status text not null check (status in ('success', 'failed', 'skipped')),
            error_kind text not null,
            many integer not null,
            primary key (project_id, status, error_kind)
        ) strict;
        create index attempts_by_age on attempts (created_at, id);

        alter table results add column media_gone_at integer;
        create index results_with_media_to_remove on results (deleted_at)
            where deleted_at is not null and media_gone_at is null;
        alter table experiences add column media_gone_at integer;
        create index experiences_with_media_to_remove on experiences (deleted_at)
            where deleted_at is not null and media_gone_at is null;
        alter table projects add column media_gone_at integer;
        create index projects_with_media_to_remove on projects (deleted_at)
            where deleted_at is not null and media_gone_at is null;
        alter table workspaces add column media_gone_at integer;
        create index workspaces_with_media_to_remove on workspaces (deleted_at)
            where deleted_at is not null and media_gone_at is null;
        """,
    )
