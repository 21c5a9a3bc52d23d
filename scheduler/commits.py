"""One commit at Dropbox: closed sessions of one connection become files, in one call, each with its own outcome."""

from collections.abc import Sequence
from contextlib import ExitStack
from functools import partial

from clients import dropbox_sessions as sessions
from clients.dropbox_line import Line
from clients.dropbox_sessions import Entry
from clients.stop_gate import Stopped
from rules.failures import DropboxFailure
from scheduler.calls import on_a_thread
from scheduler.held import Ending, Held
from scheduler.tries import REST_MS, Tries
from store import claims
from store.media import Media

Ended = list[tuple[Held, Ending]]


class Commits:
    """Made once. Its caller sees to it that each Dropbox account has one commit at a time."""

    def __init__(self, tries: Tries, media: Media) -> None:
        self._tries = tries
        self._media = media

    async def finish(self, batch: Sequence[Held], line: Line) -> Ended:
        """Commit what may still be committed, and say how each ended. Never raises."""
        with ExitStack() as inside:
            let_in = self._let_in(inside, batch, line)
            may_go = [held for held in batch if held in let_in]
            ended = [(held, self._tries.given_back(held, rest_ms=REST_MS)) for held in batch if held not in let_in]
            return ended + await self._commit(may_go, line)

    def _let_in(self, inside: ExitStack, batch: Sequence[Held], line: Line) -> set[Held]:
        """Enter the gate once for each connection and project; those that a stop keeps out are left behind."""
        entered: dict[tuple[str, int, str, int], bool] = {}
        for held in batch:
            if held.subject not in entered:
                try:
                    call = inside.enter_context(self._tries.gate.call(*held.subject))
                except Stopped:
                    entered[held.subject] = False
                else:
                    entered[held.subject] = True
                    call.cuts(line.cut)
        return {held for held in batch if entered[held.subject]}

    async def _commit(self, batch: Sequence[Held], line: Line) -> Ended:
        tries, refused = self._tries, None
        ours: Sequence[Held] = batch
        try:
            claimed = [held.claimed for held in batch]
            still = await tries.database.read(claims.still_ours, claimed, now=tries.now())
            ours = [held for held in batch if held.claimed.id in still]
            gone = [(held, tries.given_back(held)) for held in batch if held.claimed.id not in still]
            if not ours:
                return gone
            dropbox, refused = await tries.dropbox(ours[0].claimed)
            for held in ours:
                held.line, held.commits, held.call_began_at = line, True, tries.now()
            entries = [self._entry(held) for held in ours]
            answers = await on_a_thread(partial(sessions.commit, dropbox, entries, line=line), line)
        except Exception as error:
            # Many exports, but one call: it counts once.
            failed = [(held, tries.ending(held, error, refused, counts=held is ours[0])) for held in ours]
            return failed + [(held, tries.given_back(held)) for held in batch if held not in ours]
        return gone + [(held, self._ending(held, answer, refused)) for held, answer in zip(ours, answers, strict=True)]

    def _entry(self, held: Held) -> Entry:
        claimed = held.claimed
        assert held.session is not None
        return Entry(held.session, held.source(self._media), claimed.destination_path, claimed.taken_at)

    def _ending(self, held: Held, answer: sessions.Answer, refused: str | None) -> Ending:
        if isinstance(answer, DropboxFailure):
            return self._tries.ending(held, answer, refused)
        return self._tries.exported(held, answer)
