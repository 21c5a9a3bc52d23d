"""Step 10: how far an export has come in an upload session at Dropbox, to go on there after an interruption."""

from store.connect import Db
from store.migrations.script import run


def m010_upload_sessions(db: Db) -> None:
    run(
        db,
        """
        alter table exports add column upload_session text;

        alter table exports add column upload_offset integer not null default 0;

        alter table exports add column upload_session_at integer;

        alter table exports add column upload_session_epoch integer;
        """,
    )
