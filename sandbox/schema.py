"""The tables of the sandbox's database. One row per path in `nodes`: a deleted one stays as a tombstone for cursors."""

VERSION = 3

ADDED_IN_2 = """
CREATE TABLE jobs (
    id TEXT PRIMARY KEY, account_id TEXT NOT NULL, app_key TEXT NOT NULL, kind TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('running', 'done', 'lost')), answer TEXT
) STRICT;
CREATE INDEX revisions_of_file ON revisions (account_id, file_id, changed);
CREATE TABLE webhooks (
    app_key TEXT NOT NULL, uri TEXT NOT NULL, made INTEGER NOT NULL, PRIMARY KEY (app_key, uri)
) STRICT, WITHOUT ROWID;
"""

ADDED_IN_3 = """
CREATE TABLE complaints (
    no INTEGER PRIMARY KEY AUTOINCREMENT, rule TEXT NOT NULL, email TEXT, app TEXT, record TEXT NOT NULL
) STRICT;
"""

TABLES = f"""
CREATE TABLE settings (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;

CREATE TABLE people (
    account_id TEXT PRIMARY KEY, email TEXT NOT NULL UNIQUE COLLATE NOCASE, email_verified INTEGER NOT NULL,
    given_name TEXT NOT NULL, surname TEXT NOT NULL, uid INTEGER NOT NULL UNIQUE, namespace INTEGER NOT NULL UNIQUE,
    allocation INTEGER NOT NULL, used INTEGER NOT NULL DEFAULT 0, cursor_epoch INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE TABLE apps (
    key TEXT PRIMARY KEY, secret TEXT NOT NULL, name TEXT NOT NULL,
    access TEXT NOT NULL CHECK (access IN ('app_folder', 'full')),
    redirect_uris TEXT NOT NULL, scopes TEXT NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('development', 'production')), user_limit INTEGER
) STRICT;

CREATE TABLE codes (
    code TEXT PRIMARY KEY, app_key TEXT NOT NULL, account_id TEXT NOT NULL, redirect_uri TEXT, scopes TEXT NOT NULL,
    offline INTEGER NOT NULL, challenge TEXT, challenge_method TEXT, expires INTEGER NOT NULL
) STRICT;

CREATE TABLE grants (
    id INTEGER PRIMARY KEY AUTOINCREMENT, app_key TEXT NOT NULL, account_id TEXT NOT NULL, scopes TEXT NOT NULL,
    refresh_token TEXT UNIQUE, pkce INTEGER NOT NULL, made INTEGER NOT NULL, revoked INTEGER
) STRICT;
CREATE INDEX grants_of_person ON grants (account_id, app_key);

CREATE TABLE access_tokens (
    token TEXT PRIMARY KEY, grant_id INTEGER NOT NULL REFERENCES grants (id), scopes TEXT NOT NULL,
    expires INTEGER NOT NULL
) STRICT;
CREATE INDEX access_tokens_of_grant ON access_tokens (grant_id);

CREATE TABLE nodes (
    account_id TEXT NOT NULL, lower TEXT NOT NULL, parent TEXT NOT NULL, name TEXT NOT NULL, display TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('file', 'folder')), deleted INTEGER NOT NULL, changed INTEGER NOT NULL,
    file_id TEXT NOT NULL, rev TEXT, size INTEGER, content_hash TEXT, client_modified INTEGER, server_modified INTEGER,
    removed INTEGER, PRIMARY KEY (account_id, lower)
) STRICT, WITHOUT ROWID;
CREATE INDEX nodes_in_folder ON nodes (account_id, parent, lower);
CREATE INDEX nodes_by_change ON nodes (account_id, changed);
CREATE INDEX nodes_by_id ON nodes (file_id);

CREATE TABLE revisions (
    rev TEXT PRIMARY KEY, account_id TEXT NOT NULL, lower TEXT NOT NULL, file_id TEXT NOT NULL, size INTEGER NOT NULL,
    content_hash TEXT NOT NULL, client_modified INTEGER NOT NULL, server_modified INTEGER NOT NULL,
    changed INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX revisions_of_path ON revisions (account_id, lower, changed);

CREATE TABLE upload_sessions (
    id TEXT PRIMARY KEY, account_id TEXT NOT NULL, app_key TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('sequential', 'concurrent')),
    closed INTEGER NOT NULL, length INTEGER NOT NULL, made INTEGER NOT NULL
) STRICT;

CREATE TABLE pieces (
    session_id TEXT NOT NULL REFERENCES upload_sessions (id) ON DELETE CASCADE, start INTEGER NOT NULL,
    size INTEGER NOT NULL, content_hash TEXT NOT NULL, spool TEXT NOT NULL, PRIMARY KEY (session_id, start)
) STRICT, WITHOUT ROWID;

CREATE TABLE links (
    token TEXT PRIMARY KEY, name TEXT NOT NULL, size INTEGER NOT NULL, content_hash TEXT NOT NULL,
    account_id TEXT NOT NULL, expires INTEGER NOT NULL
) STRICT;

{ADDED_IN_2}
{ADDED_IN_3}
CREATE TABLE history (
    no INTEGER PRIMARY KEY AUTOINCREMENT, route TEXT NOT NULL, email TEXT, status INTEGER, record TEXT NOT NULL
) STRICT;
"""

# What brings a folder of an earlier version up to the next one.
UPGRADES = {1: f"ALTER TABLE nodes ADD COLUMN removed INTEGER; {ADDED_IN_2}", 2: ADDED_IN_3}

# Everything that `reset` empties; settings keep the key that signs cursors.
EMPTIED = (
    "jobs",
    "webhooks",
    "pieces",
    "upload_sessions",
    "links",
    "access_tokens",
    "codes",
    "grants",
    "nodes",
    "revisions",
    "history",
    "complaints",
    "people",
    "apps",
)
