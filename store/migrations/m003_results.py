"""Step 3: guests' sessions, the results of their jobs, and the artifacts on our disk."""

from store.connect import Db
from store.migrations.script import run


def m003_results(db: Db) -> None:
    run(
        db,
        """
        create table sessions (
            id text primary key,
            experience_id text not null references experiences (id),
            label text not null,
            short_code text not null,
            created_at integer not null,
            unique (experience_id, label)
        ) strict;

        create table results (
            id text primary key,
            workspace_id text not null references workspaces (id),
            project_id text not null references projects (id),
            experience_id text not null references experiences (id),
            session_id text not null references sessions (id),
            job_id text not null,
            created_at integer not null,
            arrived_at integer not null,
            owed_export integer not null default 0 check (owed_export in (0, 1)),
            deleted_at integer,
            unique (experience_id, job_id)
        ) strict;
        create index results_by_project on results (project_id, arrived_at desc, id);
        create index results_owed on results (arrived_at) where owed_export = 1;

        create table artifacts (
            id text primary key,
            result_id text not null references results (id),
            artifact_id text not null,
            variant text not null,
            state text not null check (state in ('ready', 'fetching', 'failed')),
            media_type text not null,
            extension text not null,
            size integer not null,
            sha256 text not null,
            content_hash text not null,
            media_key text not null unique,
            position integer not null default 0,
            created_at integer not null,
            unique (result_id, artifact_id, variant)
        ) strict;
        """,
    )
