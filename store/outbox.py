"""What is to be sent after the commit that asked for it: mails, and Dropbox grants to revoke. Payloads rest sealed.

Sending is scheduler/outbox.py's part, the words of the mails are in rules/letters.py, and reading kept and sent mails
is in mails.py.
"""

import json
import secrets
from dataclasses import dataclass, field

from rules.envelope import NONCE_BYTES, Keyring, seal, unseal
from rules.states import OutboxKind
from store.connect import Db, rows

TABLE = PURPOSE = "outbox"
DAY_MS = 86_400_000
KEEP_MAILS_MS = 90 * DAY_MS
KEEP_REVOCATIONS_MS = 30 * DAY_MS

_UNTOUCHED = "kind = 'mail' and state in ('waiting', 'kept') and attempts = 0"


@dataclass(frozen=True)
class Waiting:
    """One row that is due. `attempts` counts the tries before this one."""

    id: str
    kind: OutboxKind
    attempts: int
    sealed: str = field(repr=False)


def add_revocation(db: Db, *, refresh_token: str, keyring: Keyring, now: int) -> str:
    """Have a grant revoked at Dropbox, soon and until it works or is given up. Returns the row's id."""
    payload = {"refresh_token": refresh_token}
    return _add(db, OutboxKind.REVOKE_GRANT, payload, keyring=keyring, state="waiting", now=now, due_at=now)


def add_mail(
    db: Db,
    *,
    to: str,
    subject: str,
    text: str,
    html: str,
    keyring: Keyring,
    now: int,
    sent: bool,
    topic: str = "",
    due_at: int | None = None,
) -> str:
    """Have a mail sent at `due_at` (now), or, with `sent` False (no mail service), kept for Admin → Mail.

    `topic` names the kind of mail where the next one depends on how many went before. Returns the row's id.
    """
    payload = {"to": to, "subject": subject, "text": text, "html": html}
    row_id = _add(
        db,
        OutboxKind.MAIL,
        payload,
        keyring=keyring,
        state="waiting" if sent else "kept",
        now=now,
        due_at=now if due_at is None else due_at,
    )
    db.conn.execute(
        "update outbox set subject = :subject, recipient = :to, topic = :topic, finished_at = :finished where id = :id",
        {"subject": subject, "to": to, "topic": topic, "finished": None if sent else now, "id": row_id},
    )
    return row_id


def rewrite_mail(db: Db, row_id: str, *, subject: str, text: str, html: str, keyring: Keyring) -> None:
    """Put other words into a mail that no try has begun to send; any other is left alone."""
    found = rows(db, f"select recipient from outbox where id = :id and {_UNTOUCHED}", id=row_id)  # noqa: S608 - ours
    if not found:
        return
    payload = {"to": str(found[0]["recipient"]), "subject": subject, "text": text, "html": html}
    db.conn.execute(
        "update outbox set payload = :payload, subject = :subject where id = :id",
        {"payload": _sealed(keyring, payload, row_id), "subject": subject, "id": row_id},
    )


def take_back_mail(db: Db, row_id: str) -> bool:
    """Forget a mail that no try has begun to send. False where it is too late, and the mail stays as it is."""
    return bool(
        rows(db, f"delete from outbox where id = :id and {_UNTOUCHED} returning id", id=row_id)  # noqa: S608 - ours
    )


def due(db: Db, *, now: int, most: int = 50) -> list[Waiting]:
    """What is to be sent now, longest due first."""
    found = rows(
        db,
        """
        select id, kind, payload, attempts from outbox where state = 'waiting' and due_at <= :now
        order by due_at, id limit :most
        """,
        now=now,
        most=most,
    )
    return [
        Waiting(str(row["id"]), OutboxKind(str(row["kind"])), int(str(row["attempts"])), str(row["payload"]))
        for row in found
    ]


def opened(keyring: Keyring, item: Waiting) -> dict[str, str]:
    """The payload in clear; raises Unsealable."""
    payload: dict[str, str] = json.loads(
        unseal(keyring, item.sealed, purpose=PURPOSE, table=TABLE, row_id=item.id).decode()
    )
    return payload


def sent(db: Db, row_id: str, *, now: int) -> None:
    """It went out. A revoked grant's token is forgotten at once; a mail stays to be read in Admin → Mail."""
    db.conn.execute(
        """
        update outbox set state = 'done', attempts = attempts + 1, finished_at = :now, last_error = '',
            payload = case kind when 'mail' then payload end
        where id = :id and state = 'waiting'
        """,
        {"id": row_id, "now": now},
    )


def put_off(db: Db, row_id: str, *, due_at: int, error: str) -> None:
    """This try failed; the next one is at `due_at`. `error` is a sentence without secrets."""
    db.conn.execute(
        """
        update outbox set attempts = attempts + 1, due_at = :due_at, last_error = :error
        where id = :id and state = 'waiting'
        """,
        {"id": row_id, "due_at": due_at, "error": error},
    )


def give_up(db: Db, row_id: str, *, now: int, error: str) -> None:
    """No more tries. The token of a grant that could not be revoked is forgotten all the same."""
    db.conn.execute(
        """
        update outbox set state = 'failed', attempts = attempts + 1, finished_at = :now, last_error = :error,
            payload = case kind when 'mail' then payload end
        where id = :id and state = 'waiting'
        """,
        {"id": row_id, "now": now, "error": error},
    )


def prune(db: Db, *, now: int) -> int:
    """Forget what was finished long ago (mails after 90 days, revocations after 30); returns how many rows."""
    gone = db.conn.execute(
        """
        delete from outbox where state != 'waiting'
            and finished_at < case kind when 'mail' then :mails else :revocations end
        """,
        {"mails": now - KEEP_MAILS_MS, "revocations": now - KEEP_REVOCATIONS_MS},
    )
    return gone.rowcount


def _add(
    db: Db, kind: OutboxKind, payload: dict[str, str], *, keyring: Keyring, state: str, now: int, due_at: int
) -> str:
    row_id = secrets.token_urlsafe(12)
    sealed = _sealed(keyring, payload, row_id)
    db.conn.execute(
        """
        insert into outbox (id, kind, payload, state, due_at, created_at)
        values (:id, :kind, :payload, :state, :due_at, :now)
        """,
        {"id": row_id, "kind": kind, "payload": sealed, "state": state, "due_at": due_at, "now": now},
    )
    return row_id


def _sealed(keyring: Keyring, payload: dict[str, str], row_id: str) -> str:
    return seal(
        keyring,
        json.dumps(payload).encode(),
        purpose=PURPOSE,
        table=TABLE,
        row_id=row_id,
        nonce=secrets.token_bytes(NONCE_BYTES),
    )
