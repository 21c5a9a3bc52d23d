"""Sessions: one guest's run through an experience, known by the pusher's label and a short code of ours."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass

from rules.naming.short_codes import SHORT_CODE_BYTES, short_code
from store.connect import Db, rows


@dataclass(frozen=True)
class Session:
    """`label` is the pusher's name of it, `short_code` what people read to one another. `created_at` is ms UTC."""

    id: str
    experience_id: str
    label: str
    short_code: str
    created_at: int


def joined(
    db: Db,
    experience_id: str,
    *,
    label: str | None,
    now: int,
    random: Callable[[int], bytes] = secrets.token_bytes,
) -> Session:
    """The experience's session with this label, made at its first result; without a label, always a new one.

    The short code is made once and stays, whatever the files are called later.
    """
    session_id = secrets.token_urlsafe(12)
    db.conn.execute(
        """
        insert into sessions (id, experience_id, label, short_code, created_at)
        values (:id, :experience, :label, :code, :now)
        on conflict (experience_id, label) do nothing
        """,
        {
            "id": session_id,
            "experience": experience_id,
            "label": session_id if label is None else label,
            "code": short_code(random(SHORT_CODE_BYTES)),
            "now": now,
        },
    )
    found = rows(
        db,
        "select id, label, short_code, created_at from sessions where experience_id = :experience and label = :label",
        experience=experience_id,
        label=session_id if label is None else label,
    )[0]
    return Session(
        str(found["id"]), experience_id, str(found["label"]), str(found["short_code"]), int(str(found["created_at"]))
    )
