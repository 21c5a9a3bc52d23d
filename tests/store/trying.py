"""Tries as the pump makes them, for tests of the store: claimed, failed by the table, or done."""

from rules.failures import Failure, FailureKind
from rules.letters import Letterhead
from rules.retry import Decision, decide
from store import claims, endings
from store.claims import Claimed
from store.connect import Db, rows
from store.losses import Loss
from store.mails import Letterbox
from tests.store.exporting import KEYRING, OWNER
from tests.store.people import NOW

LATER = NOW + 5_000
ACCOUNT = "dbid:studio"


def taken(db: Db, *, now: int = LATER, claim: str = "boot:1", most: int = 1) -> list[Claimed]:
    return claims.claim(db, account=ACCOUNT, now=now, claim=claim, most=most)


def one(db: Db, *, now: int = LATER, claim: str = "boot:1") -> Claimed:
    [claimed] = taken(db, now=now, claim=claim)
    return claimed


def loss(refused: str | None = "refresh-1") -> Loss:
    return Loss(refused, KEYRING, Letterbox(Letterhead("Clementine", "https://photos.example"), KEYRING, True), OWNER)


def fail(db: Db, claimed: Claimed, kind: FailureKind, *, now: int = LATER, **about) -> Decision:
    """End the try as the pump does, by the table of rules/retry.py."""
    failure = Failure(kind, **about)
    decision = decide(
        failure,
        attempt=claimed.attempts + 1,
        now=now,
        jitter=0,
        busy_in_a_row=claimed.busy_in_a_row + 1,
        previous=claimed.previous_failure,
    )
    endings.failed(db, claimed, failure, decision, loss=loss(), started_at=now - 100, now=now)
    return decision


def succeed(db: Db, claimed: Claimed, *, now: int = LATER) -> bool:
    return endings.exported(db, claimed, file_id="id:a", rev="r1", started_at=now - 100, now=now)


def row(db: Db, export_id: str) -> dict[str, object]:
    return rows(db, "select * from exports where id = :id", id=export_id)[0]


def connection(db: Db) -> dict[str, object]:
    return rows(db, "select * from connections")[0]
