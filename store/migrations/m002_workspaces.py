"""Step 2: the tenants, who belongs to them, their projects and experiences."""

from store.connect import Db
from store.migrations.script import run


def m002_workspaces(db: Db) -> None:
    run(
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
