"""Fetches: web addresses whose files are to become artifacts, and taking one for a try. How it ends: fetch_endings.py.

An address may hold a secret of its owner's (a signed link), so it rests sealed, and only until the fetch has ended.
"""

import secrets
from dataclasses import dataclass, field
from hashlib import sha256

from rules.envelope import NONCE_BYTES, Keyring, seal, unseal
from store.connect import Db, rows

TABLE, PURPOSE = "fetches", "fetch-url"

AT_ONCE_PER_TOKEN = 2
"""One pusher's slow addresses never hold up another's."""

# The tokens with something waiting are found by seeks, one each, however much waits behind a token.
_PUSHERS = """
    with recursive pushers (token_id) as (
        select min(token_id) from fetches where state = 'waiting'
        union all
        select (select min(f.token_id) from fetches f where f.state = 'waiting' and f.token_id > pushers.token_id)
        from pushers where pushers.token_id is not null
    )
    select token_id, under_way from (
        select p.token_id,
            (select min(f.due_at) from fetches f where f.state = 'waiting' and f.token_id = p.token_id) as first_due,
            (select count(*) from fetches g where g.state = 'fetching' and g.token_id = p.token_id) as under_way
        from pushers p where p.token_id is not null
    )
    where first_due <= :now and under_way < :per_token
    order by first_due
    limit :most
"""


@dataclass(frozen=True)
class Claimed:
    """A fetch taken for one try. `attempts` were spent before; `wanted` False: its result has been deleted."""

    artifact_row_id: str
    result_id: str
    claim: str
    attempts: int
    wanted: bool
    sealed_url: str = field(repr=False)


def url_hash(url: str) -> str:
    """What equal addresses are known by, once the address itself is forgotten."""
    return sha256(url.encode()).hexdigest()


def enqueue(
    db: Db, *, artifact_row_id: str, result_id: str, url: str, token_id: str, keyring: Keyring, now: int
) -> None:
    """Have the artifact's file fetched, now or, after an earlier end, again."""
    sealed = seal(
        keyring,
        url.encode(),
        purpose=PURPOSE,
        table=TABLE,
        row_id=artifact_row_id,
        nonce=secrets.token_bytes(NONCE_BYTES),
    )
    db.conn.execute(
        """
        insert into fetches (artifact_row_id, result_id, token_id, url_hash, url, state, due_at, created_at, updated_at)
        values (:artifact, :result, :token, :hash, :url, 'waiting', :now, :now, :now)
        on conflict (artifact_row_id) do update set token_id = :token, url_hash = :hash, url = :url, state = 'waiting',
            attempts = 0, due_at = :now, last_error = '', updated_at = :now, finished_at = null
        where state = 'failed'
        """,
        {
            "artifact": artifact_row_id,
            "result": result_id,
            "token": token_id,
            "hash": url_hash(url),
            "url": sealed,
            "now": now,
        },
    )


def hashes(db: Db, result_id: str) -> dict[str, str]:
    """The hashes of the addresses that the result's artifacts come from, by the artifact's row id."""
    found = rows(db, "select artifact_row_id, url_hash from fetches where result_id = :result", result=result_id)
    return {str(row["artifact_row_id"]): str(row["url_hash"]) for row in found}


def forget_failed(db: Db, result_id: str) -> None:
    """Bytes have come for artifacts whose fetch had failed: they are no longer of that address."""
    db.conn.execute(
        """
        delete from fetches where result_id = :result and state = 'failed'
            and exists (select 1 from artifacts a where a.id = fetches.artifact_row_id and a.state = 'ready')
        """,
        {"result": result_id},
    )


def any_due(db: Db, *, now: int) -> bool:
    """Whether something is to be fetched now. Asked every second, so that an idle installation writes nothing."""
    found = rows(db, "select 1 as one from fetches where state = 'waiting' and due_at <= :now limit 1", now=now)
    return bool(found)


def claim(db: Db, *, now: int, claim: str, most: int) -> list[Claimed]:
    """Take up to `most` due fetches, few of each pusher's, under `claim`, a text that no other claim ever had."""
    left = most
    for pusher in rows(db, _PUSHERS, now=now, most=most, per_token=AT_ONCE_PER_TOKEN):
        room = min(left, AT_ONCE_PER_TOKEN - int(str(pusher["under_way"])))
        taken = rows(
            db,
            """
            update fetches set state = 'fetching', claim = :claim, updated_at = :now
            where state = 'waiting' and artifact_row_id in (
                select artifact_row_id from fetches
                where state = 'waiting' and token_id = :token and due_at <= :now
                order by due_at, artifact_row_id limit :room
            )
            returning artifact_row_id
            """,
            claim=claim,
            now=now,
            token=pusher["token_id"],
            room=room,
        )
        left -= len(taken)
    if left == most:
        return []
    found = rows(
        db,
        """
        select f.artifact_row_id, f.result_id, f.claim, f.attempts, f.url,
            (r.deleted_at is null and x.deleted_at is null and p.deleted_at is null and w.deleted_at is null) as wanted
        from fetches f
        join results r on r.id = f.result_id
        join experiences x on x.id = r.experience_id
        join projects p on p.id = r.project_id
        join workspaces w on w.id = r.workspace_id
        where f.state = 'fetching' and f.claim = :claim
        order by f.due_at, f.artifact_row_id
        """,
        claim=claim,
    )
    return [
        Claimed(
            artifact_row_id=str(row["artifact_row_id"]),
            result_id=str(row["result_id"]),
            claim=str(row["claim"]),
            attempts=int(str(row["attempts"])),
            wanted=bool(row["wanted"]),
            sealed_url=str(row["url"]),
        )
        for row in found
    ]


def opened(keyring: Keyring, claimed: Claimed) -> str:
    """The address in clear; raises Unsealable."""
    return unseal(keyring, claimed.sealed_url, purpose=PURPOSE, table=TABLE, row_id=claimed.artifact_row_id).decode()
