"""Files in one Dropbox, in our words: the product's only user of the Dropbox SDK, which never retries or refreshes.

Every failure is a DropboxFailure (dropbox_failures.py has the table); a call that was cut is Stopped.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import dropbox
import requests
from dropbox import files

from clients import dropbox_failures
from clients.access_tokens import AccessTokens
from clients.dropbox_http import TIMEOUT_S
from clients.dropbox_line import Line, Overdue
from clients.file_range import FileRange, OpenRange
from clients.stop_gate import Stopped
from rules.failures import DropboxFailure, Failure, FailureKind


@dataclass(frozen=True)
class Source:
    """A file on our disk: `size` in bytes and Dropbox's content hash, as recorded when it came in."""

    opens: OpenRange
    size: int
    content_hash: str


@dataclass(frozen=True)
class Metadata:
    """What lies at a path in Dropbox. `rev`, `size` and `content_hash` are None for a folder."""

    id: str
    path_display: str
    rev: str | None
    size: int | None
    content_hash: str | None

    @property
    def is_folder(self) -> bool:
        return self.rev is None

    def holds(self, source: Source) -> bool:
        """Whether it is a file with exactly these bytes."""
        return not self.is_folder and (self.size, self.content_hash) == (source.size, source.content_hash)


class _Sdk(dropbox.Dropbox):  # type: ignore[misc]  # the SDK has no types
    """The SDK with its own ideas of persistence taken out."""

    def refresh_access_token(self, host: str = "", scope: object = None) -> None:
        """Never: the SDK would send an expired call twice; the caller refreshes, once and under a lock."""
        raise _RefreshIsOurs


class _RefreshIsOurs(Exception):
    """The SDK wanted to refresh: the access token has expired."""


class _NothingThere(Exception):
    """A look-up found nothing."""


class Dropbox:
    """One connection's Dropbox. Blocking; each call runs on the Line that it is given, and ends when that is cut."""

    def __init__(self, session: requests.Session, tokens: AccessTokens) -> None:
        self._session = session
        self._tokens = tokens

    def stat(self, path: str, *, line: Line) -> Metadata | None:
        """What lies at a path, or under an id (`id:…`); None for nothing."""
        try:
            return metadata_of(self.ask(line, lambda sdk: sdk.files_get_metadata(path)))
        except _NothingThere:
            return None

    def upload(self, source: Source, path: str, *, taken_at: int, line: Line) -> Metadata:
        """Send a file in one request (of at most 150 MiB), over whatever file lies at the path.

        `taken_at` (milliseconds UTC) becomes the time that Dropbox shows.
        """
        body = FileRange.known(source.opens, 0, source.size, source.content_hash)
        commit = commit_info(taken_at)
        answer = self.ask(line, lambda sdk: sdk.files_upload(body, path, content_hash=body.content_hash, **commit))
        return as_sent(metadata_of(answer), source)

    def close(self) -> None:
        """Close the sockets that are kept open; the next call opens new ones."""
        self._session.close()

    def ask(self, line: Line, call: Callable[[_Sdk], Any]) -> Any:
        """One call of the SDK with a good token; an expired one is renewed once and the call made again."""
        token = self._token(line)
        try:
            return self._call(line, token, call)
        except _RefreshIsOurs:
            token = self._token(line, rejected=token)
        try:
            return self._call(line, token, call)
        except _RefreshIsOurs:
            raise DropboxFailure(
                Failure(FailureKind.UNAVAILABLE, "a fresh access token was refused as expired")
            ) from None

    def _token(self, line: Line, rejected: str | None = None) -> str:
        try:
            return self._tokens.get(line) if rejected is None else self._tokens.renew(line, rejected)
        except Overdue as error:
            raise dropbox_failures.failure_of(error, line) from None
        except DropboxFailure:
            if line.was_cut:
                raise Stopped("the call was cut") from None
            raise

    def _call(self, line: Line, token: str, call: Callable[[_Sdk], Any]) -> Any:
        sdk = _Sdk(
            oauth2_access_token=token,
            session=self._session,
            timeout=TIMEOUT_S,
            max_retries_on_error=0,
            max_retries_on_rate_limit=0,
            auto_content_hash=False,
        )
        try:
            with line:
                return call(sdk)
        except (_RefreshIsOurs, Stopped):
            raise
        except Exception as error:
            if line.was_cut:
                raise Stopped("the call was cut") from None
            if dropbox_failures.is_not_found(error):
                raise _NothingThere from None
            raise dropbox_failures.failure_of(error, line, secret=token) from error


def commit_info(taken_at: int) -> dict[str, Any]:
    """How every file of ours is written: over its own frozen path, never beside it, and without a notification."""
    return {
        "mode": files.WriteMode.overwrite,
        "autorename": False,
        "client_modified": datetime.fromtimestamp(taken_at // 1000, UTC).replace(tzinfo=None),
        "mute": True,
    }


def metadata_of(answer: Any) -> Metadata:
    """What the SDK brought, in our words."""
    if not isinstance(answer, files.FileMetadata | files.FolderMetadata):
        raise DropboxFailure(Failure(FailureKind.UNAVAILABLE, "neither a file nor a folder", outcome_known=False))
    path = answer.path_display or ""
    if isinstance(answer, files.FolderMetadata):
        return Metadata(answer.id, path, None, None, None)
    return Metadata(answer.id, path, answer.rev, answer.size, answer.content_hash)


def as_sent(metadata: Metadata, source: Source) -> Metadata:
    """What Dropbox says it holds, if that is what was sent."""
    if not metadata.holds(source):
        raise DropboxFailure(Failure(FailureKind.HASH_MISMATCH, "Dropbox holds other bytes than were sent"))
    return metadata
