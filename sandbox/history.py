"""The record of every call to the Dropbox API and of every OAuth request, with when it began and ended."""

import json
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any

from sandbox.database import Database
from sandbox.wire import Answer

KEPT = 200_000
PRUNE_EVERY = 5_000


@dataclass
class Entry:
    """One request. `begin_ms`, `end_ms` are the machine's time; `begin_no`, `end_no` order all beginnings and ends.

    `arg` is the argument (None when large), `path` the path in it (the first of a batch, with all in `paths`),
    `status` the HTTP status: None while the request runs, 0 when the connection ended without an answer. `fault` is
    the id of the rule that struck. `unchanged` are the paths where the bytes that were sent lay already.
    """

    route: str
    method: str
    begin_no: int
    begin_ms: int = field(default_factory=lambda: time.time_ns() // 1_000_000)
    request_id: str = field(default_factory=lambda: secrets.token_hex(16))
    end_no: int | None = None
    end_ms: int | None = None
    email: str | None = None
    account_id: str | None = None
    app: str | None = None
    grant: int | None = None
    path: str | None = None
    paths: list[str] = field(default_factory=list)
    arg: Any = None
    bytes_in: int = 0
    status: int | None = None
    error: str | None = None
    retry_after: int | None = None
    fault: int | None = None
    unchanged: list[str] = field(default_factory=list)

    def note_answer(self, answer: Answer) -> None:
        """Take down what an answer says about errors and waiting."""
        self.error = answer.error
        if "Retry-After" in answer.headers:
            self.retry_after = int(answer.headers["Retry-After"])


class History:
    """What was asked of the sandbox: the running requests in memory, the ended ones on disk."""

    def __init__(self, db: Database) -> None:
        self._db = db
        newest = db.value("SELECT json_extract(record, '$.end_no') FROM history ORDER BY no DESC LIMIT 1")
        self._last = int(newest or 0)
        self._running: dict[int, Entry] = {}
        self._written = 0
        self.on_end: Callable[[Entry], None] = lambda entry: None

    def _next(self) -> int:
        self._last += 1
        return self._last

    def begin(self, route: str, method: str) -> Entry:
        """Start the record of a request."""
        entry = Entry(route, method, self._next())
        self._running[entry.begin_no] = entry
        return entry

    def end(self, entry: Entry, status: int) -> None:
        """Complete a record and write it down."""
        if self._running.pop(entry.begin_no, None) is None:
            return
        entry.status, entry.end_no, entry.end_ms = status, self._next(), time.time_ns() // 1_000_000
        self._db.run(
            "INSERT INTO history (route, email, status, record) VALUES (:route, :email, :status, :record)",
            route=entry.route,
            email=entry.email,
            status=status,
            record=json.dumps(vars(entry)),
        )
        self._written += 1
        if self._written % PRUNE_EVERY == 0:
            self._db.run("DELETE FROM history WHERE no <= (SELECT max(no) FROM history) - :kept", kept=KEPT)
        self.on_end(entry)

    def entries(
        self, *, route: str | None = None, email: str | None = None, limit: int = 10_000, failed: bool = False
    ) -> list[dict[str, Any]]:
        """The newest records in the order they ended, running ones last; `route` is a pattern with `*`.

        `failed`: only those that were answered with an error or not at all.
        """
        rows = self._db.all(
            "SELECT record FROM history WHERE (:route IS NULL OR route GLOB :route)"
            " AND (:email IS NULL OR email = :email) AND (NOT :failed OR status = 0 OR status >= 400)"
            " ORDER BY no DESC LIMIT :limit",
            route=route,
            email=email,
            failed=int(failed),
            limit=limit,
        )
        running = [
            vars(entry)
            for entry in self._running.values()
            if not failed
            and (email is None or entry.email == email)
            and (route is None or fnmatchcase(entry.route, route))
        ]
        return [json.loads(row["record"]) for row in reversed(rows)] + running

    def version(self) -> int:
        """A number that grows with every call that begins or ends, and when all are forgotten."""
        return self._last

    def clear(self) -> None:
        """Forget every ended request."""
        self._next()
        self._db.run("DELETE FROM history")
