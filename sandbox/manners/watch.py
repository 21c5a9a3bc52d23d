"""All rules of good manners over all calls: what they find becomes a complaint."""

import logging
from collections.abc import Callable, Iterable
from typing import Any

from sandbox.clock import Clock
from sandbox.complaints import ComplaintBook
from sandbox.history import Entry
from sandbox.manners import calling, committing, credentials, waiting
from sandbox.manners.finding import Finding, Manner, Seen

log = logging.getLogger("sandbox")

RULES: tuple[type[Manner], ...] = (
    waiting.TooEarly,
    waiting.Polling,
    committing.TwoCommits,
    committing.FolderFirst,
    committing.Autorename,
    committing.Unchanged,
    credentials.NeedlessRefresh,
    credentials.DeadToken,
    credentials.TokenInUrl,
    calling.BadCall,
    calling.TooLarge,
    calling.WrongOffset,
    calling.RawHeader,
)


class Watch:
    """Follows every call from where it is understood to its end. What the rules remember lives in memory."""

    def __init__(self, book: ComplaintBook, clock: Clock) -> None:
        self._book, self._clock = book, clock
        self._running: dict[int, Seen] = {}
        self._rules: list[Manner] = []
        self._waited = 0
        self.forget()

    def forget(self) -> None:
        """Begin anew, as with a fresh sandbox."""
        self._running.clear()
        self._waited = 0
        self._rules = [rule() for rule in RULES]

    def clients_waited(self, milliseconds: int) -> None:
        """Tests have moved the clients' clock: to their manners, so much time has passed, and not to Dropbox."""
        self._waited += milliseconds

    def _began(self, entry: Entry) -> int:
        return entry.begin_ms + self._clock.offset + self._waited

    def begins(
        self, entry: Entry, *, argument: Any = None, query: str = "", header: str = "", token: str | None = None
    ) -> None:
        """A call is understood: who makes it, with which token and argument, under which query, by which header."""
        began = self._began(entry)
        seen = Seen(entry, began, began, argument=argument, query=query, header=header, token=token)
        self._running[entry.begin_no] = seen
        self._ask(lambda rule: rule.begins(seen))

    def abandoned(self, entry: Entry) -> None:
        """The client of a call has gone before its answer."""
        if entry.begin_no in self._running:
            self._running[entry.begin_no].abandoned = True

    def gave_token(self, entry: Entry, until: int) -> None:
        """A call at the token endpoint made an access token that lives until then (ms)."""
        if entry.begin_no in self._running:
            self._running[entry.begin_no].fresh_until = until + self._waited

    def ends(self, entry: Entry) -> None:
        """A call was answered or cut off."""
        seen = self._running.pop(entry.begin_no, None) or Seen(entry, self._began(entry), 0)
        seen.now = self._clock.now() + self._waited
        self._ask(lambda rule: rule.ends(seen))

    def _ask(self, ask: Callable[[Manner], Iterable[Finding]]) -> None:
        for rule in self._rules:
            try:
                for finding in ask(rule):
                    self._book.add(finding, self._clock.now())
            except Exception:  # A rule that fails must not fail the call that it watches.
                log.exception("a defect of the sandbox's manners")
