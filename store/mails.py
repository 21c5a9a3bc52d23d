"""Mails from the store's side: where they go out from, how many went before, and reading them in Admin → Mail."""

from dataclasses import dataclass, field
from typing import Protocol, Self

from rules.envelope import Keyring, Unsealable
from rules.letters import Letter, Letterhead
from rules.states import OutboxKind
from store import outbox
from store.connect import Db, rows


class MailSettings(Protocol):
    """The settings that matter here (settings.py has them all)."""

    @property
    def app_name(self) -> str: ...
    @property
    def base_url(self) -> str | None: ...
    @property
    def mails_are_sent(self) -> bool: ...
    @property
    def keyring(self) -> Keyring: ...


@dataclass(frozen=True)
class Letterbox:
    """Where letters are dropped in: `sent` False means that no mail service is set up and they are kept."""

    head: Letterhead
    keyring: Keyring = field(repr=False)
    sent: bool

    @classmethod
    def of(cls, settings: MailSettings) -> Self:
        """The letterbox of an installation."""
        return cls(Letterhead(settings.app_name, settings.base_url), settings.keyring, settings.mails_are_sent)

    def drop(self, db: Db, letter: Letter, *, to: str, now: int, topic: str = "", due_at: int | None = None) -> str:
        """Have the letter sent (at `due_at`) or kept, in the transaction of what it tells. Returns the mail's id."""
        return outbox.add_mail(
            db,
            to=to,
            subject=letter.subject,
            text=letter.text,
            html=letter.html,
            keyring=self.keyring,
            now=now,
            sent=self.sent,
            topic=topic,
            due_at=due_at,
        )

    def rewrite(self, db: Db, mail_id: str, letter: Letter) -> None:
        """Put other words into a mail that has not gone out."""
        outbox.rewrite_mail(
            db, mail_id, subject=letter.subject, text=letter.text, html=letter.html, keyring=self.keyring
        )


@dataclass(frozen=True)
class Unsent:
    """A mail that can still be rewritten or taken back: it waits, or it is kept because none can be sent."""

    id: str
    created_at: int


@dataclass(frozen=True)
class Mail:
    """One mail as the site owner sees it; `text` is None where the keys can't open it any more.

    `state` is waiting, kept, done (sent) or failed. Times are milliseconds UTC.
    """

    id: str
    recipient: str
    subject: str
    state: str
    attempts: int
    due_at: int
    last_error: str
    created_at: int
    finished_at: int | None
    text: str | None = field(repr=False)


def listed(db: Db, keyring: Keyring, *, limit: int = -1, before: tuple[int, str] | None = None) -> list[Mail]:
    """The newest mails with their texts; `before` is the `(created_at, id)` of the last one on the page before."""
    at, last = before or (None, None)
    found = rows(
        db,
        """
        select id, recipient, subject, state, attempts, due_at, last_error, created_at, finished_at, payload
        from outbox
        where kind = 'mail' and created_at <= coalesce(:at, :end) and (:at is null or created_at < :at or id > :last)
        order by created_at desc, id limit :limit
        """,
        end=2**62,
        at=at,
        last=last,
        limit=limit,
    )
    return [_mail(keyring, row) for row in found]


def made_since(db: Db, topic: str, *, since: int) -> list[int]:
    """When the mails with this topic were made, from `since` on, oldest first."""
    found = rows(
        db,
        """
        select created_at from outbox where topic = :topic and topic != '' and created_at >= :since
        order by created_at
        """,
        topic=topic,
        since=since,
    )
    return [int(str(row["created_at"])) for row in found]


def count_since(db: Db, topic: str, *, since: int) -> int:
    """How many mails with this topic were made from `since` on."""
    found = rows(
        db,
        "select count(*) as n from outbox where topic = :topic and topic != '' and created_at >= :since",
        topic=topic,
        since=since,
    )
    return int(str(found[0]["n"]))


def unsent(db: Db, topic: str, *, since: int) -> Unsent | None:
    """The newest mail with this topic, made from `since` on, that has not gone out."""
    found = rows(
        db,
        """
        select id, created_at from outbox
        where topic = :topic and topic != '' and created_at >= :since and state in ('waiting', 'kept') and attempts = 0
        order by created_at desc limit 1
        """,
        topic=topic,
        since=since,
    )
    return Unsent(**found[0]) if found else None  # type: ignore[arg-type]


def _mail(keyring: Keyring, row: dict[str, object]) -> Mail:
    values = {name: row[name] for name in Mail.__dataclass_fields__ if name != "text"}
    item = outbox.Waiting(str(row["id"]), OutboxKind.MAIL, 0, str(row["payload"]))
    try:
        text: str | None = outbox.opened(keyring, item)["text"]
    except Unsealable:
        text = None
    return Mail(**values, text=text)  # type: ignore[arg-type]
