"""Sends what the outbox holds: mails through Resend, revocations to Dropbox. Nothing anybody waits for hangs on it.

Mails and revocations go side by side, so that one service in trouble does not hold up the other.
"""

import asyncio
import random
from collections.abc import Callable, Iterable
from functools import partial

import structlog

from clients.dropbox_oauth import DropboxOAuth
from clients.mail import Mailer, MailFailure
from rules.envelope import Keyring, Unsealable
from rules.failures import DropboxFailure
from rules.retry import MAX_ATTEMPTS, delay_ms
from rules.states import OutboxKind
from scheduler.calls import on_a_thread
from settings import Settings
from store import outbox
from store.database import Database
from store.outbox import Waiting

LONGEST_ASKED_S = 86_400

log = structlog.get_logger("outbox")


class Undelivered(Exception):
    """One try that failed; the text is for Admin → Mail, `retry_after` in seconds."""

    def __init__(self, sentence: str, retry_after: int | None = None, *, final: bool = False) -> None:
        super().__init__(sentence)
        self.retry_after = retry_after
        self.final = final


async def deliver_due(database: Database, settings: Settings, oauth: DropboxOAuth, *, now: int) -> int:
    """Try everything that is due at `now` once; returns how many were tried. Never raises for a failed delivery."""
    waiting = await database.read(outbox.due, now=now)
    mailer = Mailer(settings) if settings.mails_are_sent else None

    def send(item: Waiting) -> None:
        payload = _opened(settings.keyring, item)
        if item.kind is OutboxKind.REVOKE_GRANT:
            _revoke(oauth, payload)
        else:
            _mail(mailer, item, payload)

    lanes = [[item for item in waiting if item.kind is kind] for kind in OutboxKind]
    await asyncio.gather(*(_lane(database, lane, send, now) for lane in lanes))
    return len(waiting)


async def _lane(database: Database, items: Iterable[Waiting], send: Callable[[Waiting], None], now: int) -> None:
    for item in items:
        try:
            await on_a_thread(partial(send, item))
        except Undelivered as failed:
            await _put_off(database, item, failed, now)
        else:
            await database.write(outbox.sent, item.id, now=now)


async def _put_off(database: Database, item: Waiting, failed: Undelivered, now: int) -> None:
    attempt = item.attempts + 1
    log.warning("not delivered", kind=item.kind, attempt=attempt, reason=str(failed))
    if failed.final or attempt >= MAX_ATTEMPTS:
        await database.write(outbox.give_up, item.id, now=now, error=str(failed))
        return
    asked = min(failed.retry_after or 0, LONGEST_ASKED_S)
    wait = max(delay_ms(attempt, random.uniform(-1, 1)), asked * 1000)  # noqa: S311 - jitter
    await database.write(outbox.put_off, item.id, due_at=now + wait, error=str(failed))


def _opened(keyring: Keyring, item: Waiting) -> dict[str, str]:
    try:
        return outbox.opened(keyring, item)
    except Unsealable as error:
        raise Undelivered(str(error), final=True) from None


def _revoke(oauth: DropboxOAuth, payload: dict[str, str]) -> None:
    try:
        oauth.revoke(payload["refresh_token"])
    except DropboxFailure as error:
        raise Undelivered(f"Dropbox did not take the revocation: {error}", error.failure.retry_after) from None


def _mail(mailer: Mailer | None, item: Waiting, payload: dict[str, str]) -> None:
    if mailer is None:
        raise Undelivered("RESEND_API_KEY is no longer set, so the mail is only kept here.", final=True)
    try:
        mailer.send(**payload, idempotency_key=item.id)
    except MailFailure as error:
        raise Undelivered(error.sentence, error.retry_after) from None
