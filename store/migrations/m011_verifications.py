"""Step 11: what was seen in Dropbox, and how it compares with what was exported."""

from store.connect import Db
from store.migrations.script import run


def m011_verifications(db: Db) -> None:
    run(
        db,
        """
        create table listed_folders (
            project_id text not null references projects (id),
            dropbox_account_id text not null,
            path_key text not null,
            cursor text not null,
            listed_at integer not null,
            primary key (project_id, dropbox_account_id, path_key)
        ) strict;

        create table seen_files (
            dropbox_account_id text not null,
            path_key text not null,
            content_hash text not null,
            primary key (dropbox_account_id, path_key)
        ) strict;

        create table verifications (
            id text primary key,
            project_id text not null references projects (id),
            state text not null check (state in ('waiting', 'running', 'done', 'failed')),
            reason text not null check (reason in ('asked', 'nightly', 'notice')),
            requested_by text references accounts (id),
            attempts integer not null default 0,
            due_at integer not null,
            claim text,
            seen integer not null default 0,
            total integer not null default 0,
            missing integer not null default 0,
            changed integer not null default 0,
            error_kind text,
            created_at integer not null,
            started_at integer,
            finished_at integer,
            check ((state = 'running') = (claim is not null)),
            check ((state in ('done', 'failed')) = (finished_at is not null))
        ) strict;
        create unique index verifications_open on verifications (project_id) where state in ('waiting', 'running');
        create index verifications_due on verifications (due_at) where state = 'waiting';
        create index verifications_by_project on verifications (project_id, created_at desc);

        create table verification_findings (
            verification_id text not null references verifications (id),
            export_id text not null references exports (id),
            kind text not null check (kind in ('missing', 'changed')),
            primary key (verification_id, export_id)
        ) strict;
        create index verification_findings_by_export on verification_findings (export_id);

        alter table connections add column noticed_at integer;
        create index connections_noticed on connections (noticed_at) where noticed_at is not null;
        """,
    )
