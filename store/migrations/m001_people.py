"""Step 1: who may come in, who is here on which device, and what is to be told to whom."""

from store.connect import Db
from store.migrations.script import run


def m001_people(db: Db) -> None:
    run(
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
