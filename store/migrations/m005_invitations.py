"""Step 5: invitations to workspaces, whom they made ask for access, and API tokens that end by themselves."""

from store.connect import Db
from store.migrations.script import run


def m005_invitations(db: Db) -> None:
    run(
        db,
        """
        create table invitations (
            id text primary key,
            workspace_id text not null references workspaces (id),
            email_key text not null,
            email text not null,
            role text not null check (role in ('admin', 'member')),
            token_hash text not null unique,
            state text not null check (state in ('open', 'accepted', 'withdrawn')),
            invited_by text not null references accounts (id),
            invited_at integer not null,
            expires_at integer not null,
            ended_at integer,
            ended_by text references accounts (id),
            check ((state = 'open') = (ended_at is null))
        ) strict;
        create unique index invitations_open on invitations (workspace_id, email_key) where state = 'open';
        create index invitations_by_workspace on invitations (workspace_id, invited_at desc, id);
        create index invitations_by_address on invitations (email_key);
        create index invitations_by_time on invitations (invited_at desc, id) where state = 'open';

        create table invitation_links (
            token_hash text primary key,
            invitation_id text not null references invitations (id),
            created_at integer not null
        ) strict;
        create index invitation_links_by_invitation on invitation_links (invitation_id);

        create table invitation_projects (
            invitation_id text not null references invitations (id),
            project_id text not null references projects (id),
            role text not null check (role in ('editor', 'viewer')),
            primary key (invitation_id, project_id)
        ) strict;

        alter table oauth_states add column invitation_hash text;

        alter table access_requests add column invited_by text;

        alter table access_requests add column invited_to text;

        alter table api_tokens add column expires_at integer;
        """,
    )
