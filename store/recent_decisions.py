"""Decisions on pages and by mailed links: made one or many at a time, each with its result, undone for a minute.

A decision holds at once; the mail that tells the person waits for that minute, and undoing takes both back.
"""

import json
import secrets
from collections.abc import Sequence
from dataclasses import dataclass

from rules.approval import MOVES, Move
from rules.states import RequestState
from store import audit, claim_links, decisions, outbox
from store.connect import Db, rows, savepoint
from store.decisions import Decider, Moved, Terms
from store.errors import Conflict, NotFound
from store.mails import Letterbox

UNDO_MS = 60_000
# A little later than undoing ends, so that no mail is on its way while it is taken back.
TELL_AFTER_MS = UNDO_MS + 2_000
KEPT_MS = 86_400_000
MOST_AT_ONCE = 100
_FORMER = ("state", "decided_at", "decided_by", "decided_way", "note", "approved_until", "account_id")


@dataclass(frozen=True)
class Result:
    """What became of one request of a batch. `refused` says why nothing was done, '' where it was.

    Times are milliseconds UTC.
    """

    email: str
    move: Move
    refused: str
    made_at: int
    undo_until: int
    undone_at: int | None

    def undoable(self, now: int) -> bool:
        """Whether it can still be taken back."""
        return not self.refused and self.undone_at is None and now < self.undo_until


def decide_all(
    db: Db,
    request_ids: Sequence[str],
    move: Move,
    *,
    decider: Decider,
    letterbox: Letterbox,
    owner: str | None,
    now: int,
    terms: Terms | None = None,
    batch: str | None = None,
) -> str:
    """Approve or deny each of these requests, whatever becomes of the others. Returns the batch, for `results`."""
    batch = batch or new_batch()
    for position, request_id in enumerate(dict.fromkeys(request_ids)):
        try:
            with savepoint(db):
                decide_one(
                    db,
                    request_id,
                    move,
                    decider=decider,
                    letterbox=letterbox,
                    owner=owner,
                    now=now,
                    terms=terms,
                    batch=batch,
                    position=position,
                )
        except (NotFound, Conflict) as refused:
            _keep(db, batch, position, request_id, _email(db, request_id), move, now=now, refused=refused.message)
    return batch


def decide_one(
    db: Db,
    request_id: str,
    move: Move,
    *,
    decider: Decider,
    letterbox: Letterbox,
    owner: str | None,
    now: int,
    terms: Terms | None = None,
    batch: str,
    position: int = 0,
) -> Moved:
    """The same for one, raising what decisions.decide raises."""
    former = rows(db, f"select {', '.join(_FORMER)} from access_requests where id = :id", id=request_id)  # noqa: S608
    moved = decisions.decide(
        db,
        request_id,
        move,
        decider=decider,
        letterbox=letterbox,
        owner=owner,
        now=now,
        terms=terms,
        tell_at=now + TELL_AFTER_MS,
    )
    _keep(db, batch, position, moved.id, moved.email, move, now=now, mail_id=moved.mail_id, former=former[0])
    return moved


def results(db: Db, batch: str) -> list[Result]:
    """What became of each request of a batch, in its order; nothing for one that is unknown or a day old."""
    found = rows(
        db,
        """
        select email, move, refused, made_at, undo_until, undone_at from recent_decisions
        where batch = :batch order by position
        """,
        batch=batch,
    )
    return [Result(**{**row, "move": Move(str(row["move"]))}) for row in found]  # type: ignore[arg-type]


def undo(db: Db, batch: str, *, decider: Decider, now: int) -> tuple[int, list[str]]:
    """Take back whatever of a batch can be: how many requests, and a sentence for each that stays decided.

    What has been decided anew since stays, and so does an approval under which somebody has signed in.
    """
    found = rows(
        db,
        """
        select id, request_id, email, move, made_at, mail_id, former from recent_decisions
        where batch = :batch and refused = '' and undone_at is null and undo_until > :now order by position
        """,
        batch=batch,
        now=now,
    )
    kept = [sentence for row in found if (sentence := _undo_one(db, row, decider=decider, now=now))]
    return len(found) - len(kept), kept


def new_batch() -> str:
    """A name for what is decided together."""
    return secrets.token_urlsafe(12)


def prune(db: Db, *, now: int) -> int:
    """Housekeeping: forget results that nobody looks at any more. Returns how many."""
    return db.conn.execute("delete from recent_decisions where made_at < :old", {"old": now - KEPT_MS}).rowcount


def _undo_one(db: Db, row: dict[str, object], *, decider: Decider, now: int) -> str:
    """Take one decision back; a sentence where that can't be done any more."""
    former = json.loads(str(row["former"]))
    move = Move(str(row["move"]))
    restored = rows(
        db,
        """
        update access_requests set state = :state, decided_at = :decided_at, decided_by = :decided_by,
            decided_way = :decided_way, note = :note, approved_until = :approved_until, updated_at = :now
        where id = :id and state = :decided and decided_at = :made_at
            and coalesce(account_id, '') = coalesce(:account_id, '')
            and not exists (select 1 from devices d where d.account_id = access_requests.account_id)
        returning id
        """,
        **former,
        id=row["request_id"],
        decided=MOVES[RequestState(former["state"]), move],
        made_at=row["made_at"],
        now=now,
    )
    if not restored:
        return f"{row['email']} has signed in or was decided anew in the meantime, so this stays as it is."
    if row["mail_id"] is not None:
        outbox.take_back_mail(db, str(row["mail_id"]))
    claim_links.end_all(db, str(row["request_id"]), now=now)
    db.conn.execute("update recent_decisions set undone_at = :now where id = :id", {"now": now, "id": row["id"]})
    audit.record(
        db,
        at=now,
        actor=decider.by,
        way=decider.way,
        action="access_request.undone",
        subject=str(row["email"]),
        detail=move,
        ip=decider.ip,
    )
    return ""


def _keep(
    db: Db,
    batch: str,
    position: int,
    request_id: str,
    email: str,
    move: Move,
    *,
    now: int,
    refused: str = "",
    mail_id: str | None = None,
    former: dict[str, object] | None = None,
) -> None:
    db.conn.execute(
        """
        insert into recent_decisions (id, batch, position, request_id, email, move, refused, made_at, undo_until,
            mail_id, former)
        values (:id, :batch, :position, :request, :email, :move, :refused, :now, :until, :mail, :former)
        """,
        {
            "id": secrets.token_urlsafe(12),
            "batch": batch,
            "position": position,
            "request": request_id,
            "email": email,
            "move": move,
            "refused": refused,
            "now": now,
            "until": now + UNDO_MS,
            "mail": mail_id,
            "former": json.dumps(former or {}),
        },
    )


def _email(db: Db, request_id: str) -> str:
    found = rows(db, "select email from access_requests where id = :id", id=request_id)
    return str(found[0]["email"]) if found else ""
