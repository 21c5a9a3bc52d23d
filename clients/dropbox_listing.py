"""What lies in a folder of one Dropbox, and what changed there since: pages of entries, and cursors to go on from."""

from dataclasses import dataclass
from typing import Any

from dropbox import files

from clients.dropbox import Dropbox, _NothingThere
from clients.dropbox_line import Line
from rules.failures import DropboxFailure, Failure, FailureKind

PAGE = 500


class CursorGone(Exception):
    """Dropbox no longer goes on from this cursor: list the folder anew."""


@dataclass(frozen=True)
class Entry:
    """One thing at a path (lower-cased). `content_hash` is None for a folder, and for what is no longer there."""

    path: str
    gone: bool
    content_hash: str | None


@dataclass(frozen=True)
class Page:
    """Some entries, to be applied in order. `more`: others are there already."""

    entries: list[Entry]
    cursor: str
    more: bool


class Listing:
    """Listings of one connection's Dropbox. Blocking, and ended with the line, as Dropbox is."""

    def __init__(self, dropbox: Dropbox) -> None:
        self._dropbox = dropbox

    def begin(self, folder: str, *, line: Line) -> Page | None:
        """The first page of everything below the folder; None where there is no such folder."""
        return self._page(line, lambda sdk: sdk.files_list_folder(folder, recursive=True, limit=PAGE))

    def go_on(self, cursor: str, *, line: Line) -> Page | None:
        """The next page: of the listing, or of what changed since its end. None where the folder is gone.

        Raises CursorGone.
        """
        try:
            return self._page(line, lambda sdk: sdk.files_list_folder_continue(cursor))
        except DropboxFailure as failed:
            said = getattr(failed.__cause__, "error", None)
            if isinstance(said, files.ListFolderContinueError) and said.is_reset():
                raise CursorGone from None
            raise

    def _page(self, line: Line, call: Any) -> Page | None:
        try:
            answer = self._dropbox.ask(line, call)
        except _NothingThere:
            return None
        if not isinstance(answer, files.ListFolderResult):
            raise DropboxFailure(Failure(FailureKind.UNAVAILABLE, "no listing"))
        return Page([_entry(each) for each in answer.entries], str(answer.cursor), bool(answer.has_more))


def _entry(entry: Any) -> Entry:
    content_hash = entry.content_hash if isinstance(entry, files.FileMetadata) else None
    return Entry(str(entry.path_lower or ""), isinstance(entry, files.DeletedMetadata), content_hash)
