"""Step 8: artifacts whose bytes are still to be fetched from a web address."""

from store.connect import Db
from store.migrations.script import run


def m008_fetches(db: Db) -> None:
    run(
        db,
        """
        create table fetches (
            artifact_row_id text primary key references artifacts (id),
            result_id text not null references results (id),
            token_id text not null,
            url_hash text not null,
            url text,
            state text not null check (state in ('waiting', 'fetching', 'done', 'failed')),
            attempts integer not null default 0,
            due_at integer not null,
            claim text,
            last_error text not null default '',
            created_at integer not null,
            updated_at integer not null,
            finished_at integer,
            check ((state = 'fetching') = (claim is not null)),
            check ((state in ('done', 'failed')) = (finished_at is not null)),
            check ((finished_at is null) = (url is not null))
        ) strict;
        create index fetches_waiting on fetches (token_id, due_at, artifact_row_id) where state = 'waiting';
        create index fetches_due on fetches (due_at) where state = 'waiting';
        create index fetches_under_way on fetches (token_id) where state = 'fetching';
        create index fetches_by_result on fetches (result_id);
        """,
    )
