"""Which answer of Dropbox is which failure: one table for every exception that comes out of the SDK or below it.

What follows from a failure is decided in rules/retry.py.
"""

import time
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from types import MappingProxyType

import requests
import urllib3
from dropbox import exceptions, files
from stone.backends.python_rsrc import stone_validators

from clients.dropbox_line import Line, Overdue
from clients.file_range import SourceMissing
from rules.failures import DropboxFailure, Failure, FailureKind

_TAGS: Mapping[str, FailureKind] = MappingProxyType(
    {
        "too_many_write_operations": FailureKind.BUSY,
        "too_many_requests": FailureKind.RATE_LIMITED,
        "internal_error": FailureKind.UNAVAILABLE,
        "insufficient_space": FailureKind.INSUFFICIENT_SPACE,
        "insufficient_quota": FailureKind.INSUFFICIENT_SPACE,
        "team_folder_insufficient_space": FailureKind.INSUFFICIENT_SPACE,
        "member_folder_insufficient_space": FailureKind.INSUFFICIENT_SPACE,
        "upload_traffic_limit_reached": FailureKind.INSUFFICIENT_SPACE,
        "no_write_permission": FailureKind.NOT_PERMITTED,
        "access_restricted": FailureKind.NOT_PERMITTED,
        "team_folder": FailureKind.NOT_PERMITTED,
        "locked": FailureKind.NOT_PERMITTED,
        "operation_suppressed": FailureKind.NOT_PERMITTED,
        "malformed_path": FailureKind.BAD_NAME,
        "disallowed_name": FailureKind.BAD_NAME,
        "conflict": FailureKind.BAD_NAME,
        "restricted_content": FailureKind.BAD_NAME,
        "unsupported_file": FailureKind.BAD_NAME,
        "content_hash_mismatch": FailureKind.HASH_MISMATCH,
        # An upload session that is not as we left it (too old, or moved on by a lost answer): the next try begins anew.
        "not_found": FailureKind.UNAVAILABLE,
        "incorrect_offset": FailureKind.UNAVAILABLE,
        "closed": FailureKind.UNAVAILABLE,
        "not_closed": FailureKind.UNAVAILABLE,
    }
)
"""By tag, wherever in the nesting of a 409 it stands. What is not here is a defect."""

_AFTER_AN_ANSWER = (AssertionError, KeyError, ValueError, TypeError, AttributeError)
_LONGEST_DETAIL = 200


def failure_of(error: Exception, line: Line, *, secret: str = "") -> DropboxFailure:
    """What `error`, raised by a call on `line`, means. The line was not cut: that would be no failure at all.

    `secret` is the access token, which Dropbox repeats when it refuses a header; it gets into no detail.
    """
    kind, detail = _kind_and_detail(error, line)
    if secret:
        detail = detail.replace(secret, "…")
    return DropboxFailure(
        Failure(
            kind,
            detail[:_LONGEST_DETAIL],
            retry_after=_retry_after(error, line),
            request_id=getattr(error, "request_id", None) or line.request_id,
            outcome_known=kind is not FailureKind.UNAVAILABLE or not line.sent,
        )
    )


def of_union(union: object, line: Line) -> Failure:
    """What an error in the midst of an answer means: one entry of a batch, whose other entries may have gone well."""
    kind, detail = _of_tags(_tags(union))
    return Failure(kind, detail[:_LONGEST_DETAIL], request_id=line.request_id)


def is_not_found(error: Exception) -> bool:
    """Whether a look-up found nothing at that path."""
    return isinstance(error, exceptions.ApiError) and _tags(error.error) == ["path", "not_found"]


def _kind_and_detail(error: Exception, line: Line) -> tuple[FailureKind, str]:
    by_status = _by_status(error, line)
    if by_status is not None:
        return by_status
    if isinstance(error, SourceMissing):
        return FailureKind.SOURCE_MISSING, str(error)
    if isinstance(error, Overdue):
        return FailureKind.UNAVAILABLE, "Dropbox took too long"
    if isinstance(error, exceptions.ApiError):
        return _of_tags(_tags(error.error))
    if isinstance(error, requests.RequestException | urllib3.exceptions.HTTPError):
        return FailureKind.UNAVAILABLE, f"no answer ({_innermost(error)})"
    if isinstance(error, stone_validators.ValidationError) and not line.sent:
        # The SDK refuses our own arguments before anything is sent.
        return FailureKind.DEFECT, f"invalid argument: {error}"
    if isinstance(error, _AFTER_AN_ANSWER):
        return FailureKind.UNAVAILABLE, f"an answer that makes no sense ({type(error).__name__}, HTTP {line.status})"
    return FailureKind.UNAVAILABLE, type(error).__name__


def _by_status(error: Exception, line: Line) -> tuple[FailureKind, str] | None:
    """Where the status alone decides, whatever the SDK made of the body (it decodes a 403 with the route's union)."""
    match line.status:
        case 400 if isinstance(error, exceptions.BadInputError):
            return FailureKind.DEFECT, f"HTTP 400: {error.message}"
        case 401 if isinstance(error, exceptions.AuthError):
            return FailureKind.NEEDS_REAUTH, "/".join(_tags(error.error)) or "HTTP 401"
        case 403:
            return FailureKind.NOT_PERMITTED, "HTTP 403"
        case 413:
            return FailureKind.DEFECT, "HTTP 413"
        case 422:
            return FailureKind.NOT_PERMITTED, "HTTP 422"
        case 429:
            reason = _tags(getattr(getattr(error, "error", None), "reason", None))
            busy = reason[:1] == ["too_many_write_operations"]
            return (FailureKind.BUSY if busy else FailureKind.RATE_LIMITED), "/".join(["HTTP 429", *reason])
        case int() as status if status >= 500:
            return FailureKind.UNAVAILABLE, f"HTTP {status}"
        case _:
            return None


def _of_tags(tags: list[str]) -> tuple[FailureKind, str]:
    known = next((_TAGS[tag] for tag in tags if tag in _TAGS), FailureKind.DEFECT)
    return known, "/".join(tags)


def _tags(value: object) -> list[str]:
    """The tags of a union from the outside in, through the structs that some unions carry."""
    tags: list[str] = []
    while value is not None:
        if isinstance(value, files.UploadWriteFailed):
            value = value.reason
        elif (tag := getattr(value, "_tag", None)) is not None:
            tags.append(str(tag))
            value = getattr(value, "_value", None)
        else:
            break
    return tags


def _retry_after(error: Exception, line: Line) -> int | None:
    """Seconds that Dropbox asks to wait: the longer of header and body (the SDK reads only one of them)."""
    asked = [
        seconds for seconds in (_seconds(line.retry_after), getattr(error, "backoff", None)) if seconds is not None
    ]
    return max(int(seconds) for seconds in asked) if asked else None


def _seconds(header: str | None) -> int | None:
    """Retry-After as seconds from now; it may also be a date."""
    if header is None:
        return None
    if header.strip().isdecimal():
        return int(header)
    try:
        return max(0, round(parsedate_to_datetime(header).timestamp() - time.time()))
    except ValueError:
        return None


def _innermost(error: BaseException) -> str:
    """The class of the first cause. Its text could repeat what was sent."""
    seen: set[int] = set()
    while id(error) not in seen:
        seen.add(id(error))
        inner = error.__cause__ or error.__context__
        if inner is None:
            break
        error = inner
    return type(error).__name__
