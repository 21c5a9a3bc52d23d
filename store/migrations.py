"""The schema, as numbered steps in order. A step that has shipped is never edited: a change is a new step below it.

Times are integer milliseconds UTC. Ids that people see are random text. Every state is CHECKed against the words of
rules/states.py, whose docstrings say how rows get in and out of each.
"""

from sqlite_utils import Migrations

from store.connect import Db

migrations = Migrations("clementine")


def migrate(db: Db) -> None:
    """Bring the database to today's schema. The caller holds the data folder's lock: two at once would collide."""
    migrations.apply(db)


def _run(db: Db, script: str) -> None:
    for statement in script.split(";\n"):
        if statement.strip():
            db.conn.execute(statement)


@migrations()
def m001_people(db: Db) -> None:
    _run(
        db,
        """
        create table installation (name text primary key, value text not null, updated_at integer not null) strict;

        create table access_requests (
            id text primary key,
            email_key text not null unique,
            email text not null,
            name text not null default '',
            message text not null default '',
            state text not null check (state in ('pending', 'approved', 'denied', 'revoked')),
            account_id text unique,
            requested_at integer not null,
            decided_at integer,
            decided_by text,
            decided_way text check (decided_way in ('page', 'mail', 'command', 'rule')),
            note text not null default '',
            created_at integer not null,
            updated_at integer not null,
            check ((state = 'pending') = (decided_at is null))
        ) strict;
        create index access_requests_by_state on access_requests (state, requested_at desc);

        create table accounts (
            id text primary key,
            email text not null,
            display_name text not null,
            token text,
            token_scopes text not null default '',
            created_at integer not null,
            signed_in_at integer not null,
            last_seen_at integer not null
        ) strict;
        create index accounts_by_email on accounts (email);

        create table devices (
            id text primary key,
            account_id text not null references accounts (id),
            secret_hash text not null unique,
            user_agent text not null,
            created_at integer not null,
            last_seen_at integer not null
        ) strict;
        create index devices_by_account on devices (account_id, last_seen_at desc);

        create table oauth_states (
            id text primary key,
            state_hash text not null unique,
            browser_hash text not null,
            purpose text not null check (purpose in ('login', 'setup', 'connect')),
            account_id text,
            workspace_id text,
            verifier text not null,
            next text not null,
            setup_hash text,
            grant_envelope text,
            grant_account_id text,
            grant_email text,
            grant_display_name text,
            grant_scopes text,
            created_at integer not null,
            expires_at integer not null,
            used_at integer
        ) strict;
        create index oauth_states_by_expiry on oauth_states (expires_at);

        create table setup_links (
            token_hash text primary key,
            created_at integer not null,
            used_at integer,
            used_by text
        ) strict;

        create table api_tokens (
            id text primary key,
            account_id text not null references accounts (id),
            project_id text,
            name text not null,
            token_hash text not null unique,
            created_at integer not null,
            last_used_at integer,
            revoked_at integer
        ) strict;
        create index api_tokens_by_account on api_tokens (account_id);

        create table audit (
            id integer primary key,
            at integer not null,
            actor text,
            way text not null check (way in ('page', 'mail', 'command', 'rule', 'api', 'engine')),
            action text not null,
            subject text not null,
            workspace_id text,
            detail text not null default '',
            ip text not null default ''
        ) strict;
        create index audit_by_time on audit (at desc);

        create table outbox (
            id text primary key,
            kind text not null check (kind in ('mail', 'revoke_grant')),
            payload text,
            subject text not null default '',
            recipient text not null default '',
            topic text not null default '',
            state text not null check (state in ('waiting', 'kept', 'done', 'failed')),
            attempts integer not null default 0,
            due_at integer not null,
            last_error text not null default '',
            created_at integer not null,
            finished_at integer
        ) strict;
        create index outbox_due on outbox (due_at) where state = 'waiting';
        create index outbox_by_kind on outbox (kind, created_at desc);
        """,
    )


@migrations()
def m002_workspaces(db: Db) -> None:
    _run(
        db,
        """
        create table workspaces (
            id text primary key,
            name text not null,
            created_by text not null references accounts (id),
            created_at integer not null,
            deleted_at integer
        ) strict;

        create table members (
            workspace_id text not null references workspaces (id),
            account_id text not null references accounts (id),
            role text not null check (role in ('owner', 'admin', 'member')),
            created_at integer not null,
            primary key (workspace_id, account_id)
        ) strict;
        create index members_by_account on members (account_id);

        create table projects (
            id text primary key,
            workspace_id text not null references workspaces (id),
            name text not null,
            timezone text not null default 'UTC',
            created_by text not null references accounts (id),
            created_at integer not null,
            updated_at integer not null,
            deleted_at integer
        ) strict;
        create index projects_by_workspace on projects (workspace_id, created_at);

        create table project_members (
            project_id text not null references projects (id),
            account_id text not null references accounts (id),
            role text not null check (role in ('editor', 'viewer')),
            created_at integer not null,
            primary key (project_id, account_id)
        ) strict;
        create index project_members_by_account on project_members (account_id);

        create table experiences (
            id text primary key,
            project_id text not null references projects (id),
            name text not null,
            created_by text not null references accounts (id),
            created_at integer not null,
            updated_at integer not null,
            deleted_at integer
        ) strict;
        create index experiences_by_project on experiences (project_id, created_at);
        """,
    )


@migrations()
def m003_results(db: Db) -> None:
    _run(
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


@migrations()
def m004_exports(db: Db) -> None:
    _run(
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
