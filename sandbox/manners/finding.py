"""What the rules of good manners look at and what they come back with. Decides nothing."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from sandbox.history import Entry

# Clients have other requests on their way when they are told something.
GRACE_MS = 250


@dataclass
class Seen:
    """A call as the rules see it. `began` and `now` are ms, `argument` is as it was sent.

    `query` and `header` are what came in the address and in Dropbox-API-Arg. `token` is what the call was made with:
    an access token, or at the token endpoint a refresh token. `abandoned`: the client had gone before the call ended.
    `fresh_until`: how long the token lives that the call was given.
    """

    entry: Entry
    began: int
    now: int
    argument: Any = None
    query: str = ""
    header: str = ""
    token: str | None = None
    abandoned: bool = False
    fresh_until: int | None = None

    @property
    def link(self) -> tuple[str, str] | None:
        """The person and the app between which the call is made, when both are known."""
        account_id, app = self.entry.account_id, self.entry.app
        return None if account_id is None or app is None else (account_id, app)


@dataclass(frozen=True)
class Finding:
    """A complaint in the making: the rule, what happened in a sentence (no full stop), its entries, oldest first."""

    rule: str
    sentence: str
    entries: tuple[Entry, ...]


class Manner:
    """One rule. `begins` sees a call once its caller and argument are known, `ends` once it was answered or cut."""

    def begins(self, seen: Seen) -> Iterable[Finding]:
        return ()

    def ends(self, seen: Seen) -> Iterable[Finding]:
        return ()


# How a file comes to lie in a Dropbox, and what else takes the lock of its namespace.
SAVING = (
    "files/upload",
    "files/upload_session/finish",
    "files/upload_session/finish_batch",
    "files/upload_session/finish_batch_v2",
)
COMMITTING = (
    *SAVING,
    "files/create_folder",
    "files/create_folder_v2",
    "files/create_folder_batch",
    "files/delete",
    "files/delete_v2",
    "files/delete_batch",
    "files/move",
    "files/move_v2",
    "files/move_batch_v2",
    "files/copy",
    "files/copy_v2",
    "files/copy_batch_v2",
    "files/restore",
)


def commits_of(argument: Any) -> Iterator[tuple[str, bool]]:
    """The path (lower-cased) and the autorename of every file that a call is to save."""
    if not isinstance(argument, dict):
        return
    entries = argument.get("entries")
    for part in entries if isinstance(entries, list) else [argument]:
        commit = part.get("commit", part) if isinstance(part, dict) else None
        if isinstance(commit, dict) and isinstance(commit.get("path"), str):
            yield commit["path"].lower(), commit.get("autorename") is True
