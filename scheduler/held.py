"""An export in our hands: claimed, on its way, and how far it has come. What happens to it is pump.py's part."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from clients.dropbox import Source
from clients.dropbox_line import Line
from rules.upload_sessions import UploadSession
from store.claims import Claimed
from store.media import Media

Ending = Callable[..., Any]
"""A store function that takes the claim and `now`: how a try ends."""


class Resting(Exception):
    """The next call must not begin now: what is held goes back as it is, and no try is spent."""


@dataclass(eq=False)
class Held:
    """One try. `number` grows with every export that we take; times are milliseconds UTC.

    `session` is what lies at Dropbox by now. `may_be_there`: a call was begun that makes the file. `narrows`: Dropbox
    asked for fewer calls at once. `pauses`: its ending pauses the connection.
    """

    claimed: Claimed
    number: int
    started_at: int
    line: Line = field(default_factory=Line)
    session: UploadSession | None = None
    call_began_at: int = 0
    commits: bool = False
    failed: bool = False
    narrows: bool = False
    pauses: bool = False

    @property
    def may_be_there(self) -> bool:
        return self.commits and self.line.sent

    @property
    def is_sent(self) -> bool:
        """Whether all its bytes lie in a closed session, so that nothing is left but the commit."""
        return self.session is not None and self.session.offset == self.claimed.size

    @property
    def subject(self) -> tuple[str, int, str, int]:
        """What the stop gate is asked for: connection and project, each with the epoch that it was claimed under."""
        each = self.claimed
        return each.connection_id, each.connection_epoch, each.project_id, each.settings_epoch

    def source(self, media: Media) -> Source:
        """Its bytes on our disk."""
        key = self.claimed.media_key
        return Source(partial(media.open_range, key), self.claimed.size, self.claimed.content_hash)
