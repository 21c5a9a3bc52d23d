"""Step 6: decisions that can be taken back, links that decide and claim, rules about addresses, what was set aside."""

import unicodedata

from store.connect import Db, rows
from store.migrations.script import run


def m006_decisions(db: Db) -> None:
    run(
        db,
        """
        alter table access_requests add column name_key text not null default '';
        alter table access_requests add column approved_until integer;
        alter table access_requests add column former_state text check (former_state in ('denied', 'revoked'));
        alter table access_requests add column former_at integer;
        alter table access_requests add column former_note text not null default '';
        alter table access_requests add column told text not null default '';
        alter table access_requests add column told_at integer not null default 0;
        drop index access_requests_by_state;
        create index access_requests_by_move on access_requests
            (coalesce(decided_at, requested_at) desc, id, email_key, name_key, decided_at, requested_at);
        create index access_requests_by_state on access_requests
            (state, coalesce(decided_at, requested_at) desc, id, email_key, name_key, account_id, decided_at,
                requested_at);
        create index access_requests_pending on access_requests (requested_at, id, email_key, name_key)
            where state = 'pending';
        create index accounts_by_names on accounts (id, email, display_name);
        create index access_requests_ending on access_requests (approved_until)
            where state = 'approved' and approved_until is not null;

        create table recent_decisions (
            id text primary key,
            batch text not null,
            position integer not null,
            request_id text not null,
            email text not null,
            move text not null check (move in ('approve', 'deny')),
            refused text not null default '',
            made_at integer not null,
            undo_until integer not null,
            undone_at integer,
            mail_id text,
            former text not null default '',
            unique (batch, position)
        ) strict;
        create index recent_decisions_by_age on recent_decisions (made_at);

        create table approval_links (
            token_hash text primary key,
            request_id text not null,
            asked_at integer not null,
            created_at integer not null,
            expires_at integer not null,
            used_at integer,
            decision text check (decision in ('approve', 'deny')),
            batch text,
            check ((used_at is null) = (decision is null))
        ) strict;
        create index approval_links_by_age on approval_links (created_at);

        create table claim_links (
            token_hash text primary key,
            request_id text not null,
            created_at integer not null,
            expires_at integer not null,
            used_at integer,
            used_by text,
            ended_at integer
        ) strict;
        create index claim_links_by_request on claim_links (request_id);
        create index claim_links_by_age on claim_links (created_at);

        alter table oauth_states add column claim_hash text;

        create table access_rules (
            id text primary key,
            kind text not null check (kind in ('address', 'domain')),
            pattern text not null,
            effect text not null check (effect in ('block', 'approve')),
            created_by text,
            created_at integer not null,
            hits integer not null default 0,
            last_hit_at integer,
            unique (kind, pattern),
            check (effect = 'block' or kind = 'domain')
        ) strict;

        create table set_aside (
            id text primary key,
            reason text not null check (reason in ('trap', 'blocked', 'often')),
            email text not null,
            name text not null,
            message text not null,
            ip text not null,
            at integer not null
        ) strict;
        create index set_aside_by_time on set_aside (at desc, id);

        create index accounts_linked on accounts (id) where token is not null;
        create index outbox_by_topic on outbox (topic, created_at) where topic != '';
        create index outbox_mails on outbox (created_at desc, id) where kind = 'mail';
        """,
    )
    for row in rows(db, "select id, name from access_requests where name != ''"):
        folded = unicodedata.normalize("NFKC", str(row["name"])).casefold()
        db.conn.execute("update access_requests set name_key = :key where id = :id", {"id": row["id"], "key": folded})
