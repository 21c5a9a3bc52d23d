"""Step 9: results that came before export was on, and sending them after all, behind whatever is fresh."""

from store.connect import Db
from store.migrations.script import run


def m009_earlier_exports(db: Db) -> None:
    run(
        db,
        """
        alter table exports add column priority integer not null default 0;
        alter table exports add column earlier_id text;
        create index exports_by_earlier on exports (earlier_id, state) where earlier_id is not null;
        create index exports_by_priority on exports (project_id, settings_epoch, priority, due_at, id)
            where state = 'waiting';

        alter table results add column unsent integer not null default 0 check (unsent in (0, 1));
        create index results_unsent on results (project_id, arrived_at, id) where unsent = 1 and deleted_at is null;
        update results set unsent = 1 where exists (
            select 1 from artifacts a where a.result_id = results.id and a.state = 'ready'
                and not exists (select 1 from exports e where e.result_id = results.id and e.artifact_row_id = a.id)
        );
        create trigger artifact_comes_ready after insert on artifacts when new.state = 'ready'
            begin update results set unsent = 1 where id = new.result_id and unsent = 0; end;
        create trigger artifact_gets_ready after update of state on artifacts
            when new.state = 'ready' and old.state != 'ready'
            begin update results set unsent = 1 where id = new.result_id and unsent = 0; end;
        create trigger export_is_made after insert on exports
            begin update results set unsent = 0 where id = new.result_id and unsent = 1; end;

        create table earlier_exports (
            id text primary key,
            project_id text not null references projects (id),
            state text not null check (state in ('sending', 'sent', 'stopped')),
            total integer not null,
            started_by text not null references accounts (id),
            started_at integer not null,
            results_after integer not null default 0,
            results_after_id text not null default '',
            skipped_after integer not null default 0,
            skipped_after_id text not null default '',
            finished_at integer,
            check ((state = 'sending') = (finished_at is null))
        ) strict;
        create unique index earlier_exports_sending on earlier_exports (project_id) where state = 'sending';
        create index earlier_exports_by_project on earlier_exports (project_id, started_at desc);
        """,
    )
