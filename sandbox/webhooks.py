"""Webhooks: apps are told, by signed requests, whose files have changed. Never which: that is what cursors are for."""

import asyncio
import hashlib
import hmac
import json
import secrets
from collections import defaultdict
from dataclasses import dataclass
from urllib.parse import urlencode, urlsplit

from sandbox.apps import App, find_app
from sandbox.behaviour import Behaviour
from sandbox.database import Database
from sandbox.grants import live_grants
from sandbox.history import History
from sandbox.outgoing import NotHere, Unanswered, check_address, send
from sandbox.paths import lower
from sandbox.people import find_person

PATIENCE_SECONDS = 10.0
# With the first pause of a second and each twice as long as the one before, this is a good eight minutes.
RETRIES = 9
AGENT = {"User-Agent": "DropboxWebhooks/1.0"}


class Unverified(Exception):
    """An address did not answer the challenge as it must; the text says how."""


@dataclass(frozen=True)
class Hook:
    """An address that an app wants to hear at."""

    app_key: str
    uri: str


async def verify(uri: str) -> None:
    """Ask an address to say a challenge back; Unverified unless it does, in plain text that nothing will sniff at."""
    challenge = secrets.token_urlsafe(24)
    try:
        parts = check_address(uri)
        query = "&".join(part for part in (parts.query, urlencode({"challenge": challenge})) if part)
        reply = await send("GET", parts._replace(query=query, fragment="").geturl(), AGENT, b"", PATIENCE_SECONDS)
    except (NotHere, Unanswered) as problem:
        raise Unverified(str(problem)) from None
    if reply.status != 200:
        raise Unverified(f"the answer to the challenge has status {reply.status} instead of 200")
    if reply.body != challenge.encode():
        raise Unverified("the answer is not the challenge, word for word")
    if reply.headers.get("content-type", "").partition(";")[0].strip() != "text/plain":
        raise Unverified("the answer must be text/plain, so that no page can be made of it")
    if reply.headers.get("x-content-type-options", "").lower() != "nosniff":
        raise Unverified("the answer must have the header X-Content-Type-Options: nosniff")


def body(db: Database, account_ids: list[str]) -> bytes:
    """What a notification says."""
    people = [find_person(db, account_id) for account_id in account_ids]
    uids = [person.uid for person in people if person is not None]
    return json.dumps({"list_folder": {"accounts": account_ids}, "delta": {"users": uids}}).encode()


class Webhooks:
    """Tells the addresses of apps. Changes within `webhook_delay` make one notification, and so do all while one fails.

    What was not told when the process ends is never told.
    """

    def __init__(self, db: Database, behaviour: Behaviour, history: History) -> None:
        self._db, self._behaviour, self._history = db, behaviour, history
        self._waiting: dict[Hook, set[str]] = defaultdict(set)
        self._tasks: dict[Hook, asyncio.Task[None]] = {}
        self._hooks: list[Hook] = []
        self.reload()

    def reload(self) -> None:
        """Take up what the table says, and drop what is on its way."""
        self.stop()
        self._waiting.clear()
        rows = self._db.all("SELECT app_key, uri FROM webhooks ORDER BY made")
        self._hooks = [Hook(**dict(row)) for row in rows]

    def hooks(self) -> list[Hook]:
        """Every address that is told, in the order they came."""
        return list(self._hooks)

    def add(self, hook: Hook, now: int) -> None:
        """Tell an address from now on; it must have been verified."""
        self._db.run(
            "INSERT OR IGNORE INTO webhooks VALUES (:app, :uri, :now)", app=hook.app_key, uri=hook.uri, now=now
        )
        if hook not in self._hooks:
            self._hooks.append(hook)

    def drop(self, app_key: str | None, uri: str | None) -> int:
        """Tell an address, or all of an app, or all, no more; how many."""
        gone = [hook for hook in self._hooks if app_key in (None, hook.app_key) and uri in (None, hook.uri)]
        for hook in gone:
            self._db.run("DELETE FROM webhooks WHERE app_key = :app AND uri = :uri", app=hook.app_key, uri=hook.uri)
            self._hooks.remove(hook)
            self._waiting.pop(hook, None)
            if task := self._tasks.pop(hook, None):
                task.cancel()
        return len(gone)

    def heard(self, account_id: str, path: str) -> None:
        """Something at a path changes; a listener of the bell."""
        for hook in self._hooks:
            app = find_app(self._db, hook.app_key)
            # The app's own folder is not in what the app sees; that it comes with the first link is no news.
            if app is None or not path.startswith(lower(app.root) + "/"):
                continue
            self._waiting[hook].add(account_id)
            if hook not in self._tasks:
                self._tasks[hook] = asyncio.create_task(self._tell(hook))

    async def _tell(self, hook: Hook) -> None:
        """Tell an address until nothing waits, or it has failed too often."""
        failed = 0
        try:
            while self._waiting[hook] and failed <= RETRIES:
                pause = self._behaviour.webhook_retry * 2 ** (failed - 1) if failed else self._behaviour.webhook_delay
                await asyncio.sleep(pause / 1000)
                accounts = self._waiting.pop(hook, set())
                app = find_app(self._db, hook.app_key)
                linked = [one for one in sorted(accounts) if live_grants(self._db, one, hook.app_key)]
                if app is not None and linked and not await self._post(hook, app, linked):
                    self._waiting[hook].update(linked)
                    failed += 1
                else:
                    failed = 0
        finally:
            if self._tasks.get(hook) is asyncio.current_task():
                del self._tasks[hook]
                self._waiting.pop(hook, None)

    async def _post(self, hook: Hook, app: App, account_ids: list[str]) -> bool:
        """One notification, recorded in the history as route `webhook`; whether it was accepted."""
        entry = self._history.begin("webhook", "POST")
        entry.app, entry.path = hook.app_key, urlsplit(hook.uri).path
        entry.arg = {"uri": hook.uri, "accounts": account_ids}
        payload, status = body(self._db, account_ids), 0
        signature = hmac.digest(app.secret.encode(), payload, hashlib.sha256).hex()
        headers = {**AGENT, "Content-Type": "application/json", "X-Dropbox-Signature": signature}
        try:
            status = (await send("POST", hook.uri, headers, payload, PATIENCE_SECONDS)).status
        except Unanswered as problem:
            entry.error = str(problem)
        finally:
            self._history.end(entry, status)
        return 200 <= status < 300

    def stop(self) -> list[asyncio.Task[None]]:
        """Leave off whatever is on its way; what ends by that."""
        ending = list(self._tasks.values())
        for task in ending:
            task.cancel()
        self._tasks.clear()
        return ending
