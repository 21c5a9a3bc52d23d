"""JSON answers and cursor pages: how a model goes out, how a list is cut into pages, how a filter comes in."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypeVar

from starlette.requests import Request
from starlette.responses import Response

from handlers.api.models import Answer
from store.errors import Invalid

USUAL_LIMIT = 50
MOST_LIMIT = 200
# JSON's whole numbers are safe to here, and SQLite's go further.
MOST_NUMBER = 2**53

Cursor = tuple[int, str]
"""Where a page begins: the time (ms) and the id of the last row of the page before."""

Row = TypeVar("Row")
Choice = TypeVar("Choice", bound=StrEnum)


@dataclass(frozen=True)
class Page:
    """What `?limit=` and `?cursor=` ask for. Store functions fetch `limit + 1` rows, so that `cut` sees a next page."""

    limit: int
    cursor: Cursor | None

    def cut(self, rows: Sequence[Row], key: Callable[[Row], Cursor]) -> tuple[list[Row], str | None]:
        """The page's rows, and the `next` that follows them: null when fewer than `limit + 1` were found."""
        if len(rows) <= self.limit:
            return list(rows), None
        kept = list(rows[: self.limit])
        return kept, _sealed(key(kept[-1]))


def answer(model: Answer, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """One object as JSON."""
    return Response(model.model_dump_json(), status, dict(headers or {}), media_type="application/json")


def listing(items: Sequence[Answer], next_cursor: str | None = None) -> Response:
    """A page of a list: `{"items": […], "next": …}`, as models.Listing describes it."""
    body = json.dumps({"items": [item.model_dump(mode="json") for item in items], "next": next_cursor})
    return Response(body, media_type="application/json")


def page_of(request: Request[Any]) -> Page:
    """Which page is asked for; Invalid for a limit outside 1 to 200 and for a cursor that is not ours."""
    errors: dict[str, str] = {}
    limit = request.query_params.get("limit", str(USUAL_LIMIT))
    if not (limit.isascii() and limit.isdecimal() and len(limit) <= 3 and 1 <= int(limit) <= MOST_LIMIT):
        errors["limit"] = f"Use a whole number from 1 to {MOST_LIMIT}."
    cursor = request.query_params.get("cursor")
    opened = None if cursor is None else _opened(cursor)
    if cursor is not None and opened is None:
        errors["cursor"] = "Use the value of `next` from the page before, or leave it out."
    if errors:
        raise Invalid(errors)
    return Page(int(limit), opened)


def choice_of(request: Request[Any], name: str, choices: type[Choice]) -> Choice | None:
    """A filter such as `?status=`, None where it is absent; Invalid for a value that it does not have."""
    text = request.query_params.get(name)
    if text is None:
        return None
    if text not in list(choices):
        raise Invalid({name: f"Use one of: {', '.join(choices)}."})
    return choices(text)


def _sealed(cursor: Cursor) -> str:
    return urlsafe_b64encode(json.dumps(cursor, separators=(",", ":")).encode()).rstrip(b"=").decode()


def _opened(text: str) -> Cursor | None:
    if len(text) > 300:
        return None
    try:
        match json.loads(urlsafe_b64decode(text + "=" * (-len(text) % 4))):
            case [int(at), str(row_id)] if -MOST_NUMBER < at < MOST_NUMBER and not isinstance(at, bool):
                row_id.encode()
                return at, row_id
    except (ValueError, RecursionError):
        return None
    return None
