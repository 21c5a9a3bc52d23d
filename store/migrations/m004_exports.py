"""Step 4: connections, export settings, and every artifact's way to Dropbox with its log."""

from store.connect import Db
from store.migrations.script import run


def m004_exports(db: Db) -> None:
    run(
        db,
        """
        create table connections (
            id text primary key,
            workspace_id text not null unique references workspaces (id),
            status text not null check (status in ('connected', 'needs_reauth', 'disconnected')),
            dropbox_account_id text not null,
            account_email text not null,
            account_display_name text not null,
            token text,
            scopes text not null,
            connected_by text not null references accounts (id),
            connected_at integer not null,
            disconnected_by text,
            disconnected_at integer,
            lost_at integer,
            epoch integer not null default 1,
            resume_epoch integer not null default 1,
            paused_until integer not null default 0,
            pause_reason text,
            paused_at integer,
            failures_in_a_row integer not null default 0,
            hurry_at integer,
            last_export_at integer,
            updated_at integer not null,
            check ((status = 'disconnected') = (token is null))
        ) strict;
        create index connections_by_account on connections (dropbox_account_id);

        create table export_settings (
            project_id text primary key references projects (id),
            enabled integer not null default 0 check (enabled in (0, 1)),
            folder_path text not null default '',
            folder_id text,
            folder_structure text not null default 'by_experience'
                check (folder_structure in ('by_experience', 'by_date', 'flat')),
            naming_template text not null,
            enabled_by text,
            enabled_at integer,
            configured_by text,
            configured_at integer,
            epoch integer not null default 1,
            resume_epoch integer not null default 1,
            repath_epoch integer not null default 1,
            paused_reason text,
            paused_at integer,
            folder_checked_at integer not null default 0,
            updated_at integer not null
        ) strict;

        create table folder_claims (
            dropbox_account_id text not null,
            path_key text not null,
            path text not null,
            project_id text not null references projects (id),
            wanted_key text not null,
            created_at integer not null,
            primary key (dropbox_account_id, path_key)
        ) strict;
        create unique index folder_claims_by_project on folder_claims (project_id, dropbox_account_id, wanted_key);

        create table exports (
            id text primary key,
            export_key text not null unique,
            workspace_id text not null references workspaces (id),
            project_id text not null references projects (id),
            experience_id text not null references experiences (id),
            result_id text not null references results (id),
            artifact_row_id text not null references artifacts (id),
            session_id text not null references sessions (id),
            connection_id text not null references connections (id),
            dropbox_account_id text not null,
            connection_epoch integer not null,
            settings_epoch integer not null,
            state text not null check (state in ('waiting', 'uploading', 'exported', 'failed', 'skipped')),
            attempts integer not null default 0,
            tries integer not null default 0,
            busy_in_a_row integer not null default 0,
            check_first integer not null default 0 check (check_first in (0, 1)),
            due_at integer not null,
            claim text,
            claimed_at integer,
            destination_path text not null,
            size integer not null,
            content_hash text not null,
            error_kind text,
            error_message text,
            hash_mismatches integer not null default 0,
            dropbox_file_id text,
            rev text,
            created_at integer not null,
            updated_at integer not null,
            finished_at integer,
            check ((state = 'uploading') = (claim is not null)),
            check ((state in ('exported', 'failed', 'skipped')) = (finished_at is not null)),
            check (state != 'exported' or (rev is not null and dropbox_file_id is not null))
        ) strict;
        create index exports_due on exports (dropbox_account_id, due_at, id) where state = 'waiting';
        create index exports_waiting_by_connection on exports (connection_id, connection_epoch) where state = 'waiting';
        create index exports_waiting_by_project on exports (project_id, settings_epoch, due_at, id)
            where state = 'waiting';
        create index exports_uploading on exports (connection_id) where state = 'uploading';
        create index exports_by_project on exports (project_id, created_at desc, id);
        create index exports_by_project_and_state on exports (project_id, state, created_at desc, id);
        create index exports_by_result on exports (result_id);
        create view exports_with_names as
            select e.*, r.job_id, n.label as session, n.short_code, x.name as experience_name,
                a.artifact_id, a.variant, a.extension, a.position
            from exports e
            join results r on r.id = e.result_id
            join sessions n on n.id = e.session_id
            join experiences x on x.id = e.experience_id
            join artifacts a on a.id = e.artifact_row_id;

        create table path_claims (
            dropbox_account_id text not null,
            path_key text not null,
            export_id text not null references exports (id),
            wanted_key text,
            primary key (dropbox_account_id, path_key)
        ) strict;
        create index path_claims_by_export on path_claims (export_id);

        create table attempts (
            id text primary key,
            export_id text not null references exports (id),
            project_id text not null references projects (id),
            job_id text not null,
            session_id text not null,
            n integer not null,
            status text not null check (status in ('success', 'failed', 'skipped')),
            destination_path text,
            error_kind text,
            error_message text,
            request_id text,
            started_at integer not null,
            finished_at integer not null,
            created_at integer not null
        ) strict;
        create index attempts_by_export on attempts (export_id, n);
        create index attempts_by_project on attempts (project_id, created_at desc, id);
        """,
    )
