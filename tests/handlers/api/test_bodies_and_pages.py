"""JSON bodies and cursor pages: what is refused, and how it is said."""

import asyncio
import json
from dataclasses import dataclass
from enum import StrEnum

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import Field
from starlette.exceptions import HTTPException
from starlette.requests import Request

from handlers.api.answers import MOST_LIMIT, choice_of, page_of
from handlers.api.models import BODY_BYTES, Body, read_json
from store.errors import Invalid


class Told(Body):
    name: str = Field(max_length=10)
    many: int = 1


class Colour(StrEnum):
    RED = "red"


@dataclass(frozen=True)
class Row:
    at: int
    id: str


def read(body: bytes, kind: str = "application/json; charset=utf-8") -> Told:
    chunks = iter(
        [{"type": "http.request", "body": body[:7], "more_body": True}, {"type": "http.request", "body": body[7:]}]
    )

    async def receive():
        return next(chunks)

    scope = {"type": "http", "method": "POST", "headers": [(b"content-type", kind.encode())]}
    return asyncio.run(read_json(Request(scope, receive), Told))


def asked(query: str) -> Request:
    return Request({"type": "http", "query_string": query.encode(), "headers": []})


def test_a_body_is_read_as_its_model():
    assert read(b'{"name": "Ada", "many": 2}') == Told(name="Ada", many=2)


@pytest.mark.parametrize(
    ("body", "errors"),
    [
        (b"{}", {"name": "This field is required."}),
        (
            b'{"name": "a", "id": 1, "role": "owner"}',
            {"id": "This field is not known here.", "role": "This field is not known here."},
        ),
        (b'{"name": 1}', {"name": "Input should be a valid string."}),
        (b'{"name": "a", "many": "2"}', {"many": "Input should be a valid integer."}),
        (b'{"name": "a", "many": true}', {"many": "Input should be a valid integer."}),
        (b'{"name": null}', {"name": "Input should be a valid string."}),
        (b"[]", {"": "Input should be an object."}),
        (b'"name"', {"": "Input should be an object."}),
    ],
)
def test_what_cannot_be_accepted_is_said_by_field(body: bytes, errors: dict[str, str]):
    with pytest.raises(Invalid) as refused:
        read(body)
    assert refused.value.errors == errors


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"{'name': 'a'}", b'{"name": "\xff"}', b'{"name": "a"} x', b'{"name": "\\ud800"}', b"[" * 30_000],
)
def test_broken_json_is_a_400(body: bytes):
    with pytest.raises(HTTPException) as refused:
        read(body)
    assert refused.value.status_code == 400


@pytest.mark.parametrize("kind", ["", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data"])
def test_another_content_type_is_a_415(kind: str):
    with pytest.raises(HTTPException) as refused:
        read(b'{"name": "a"}', kind)
    assert refused.value.status_code == 415


def test_a_body_beyond_64_kib_is_a_413_that_closes_the_connection():
    assert read(json.dumps({"name": "a"}).encode().ljust(BODY_BYTES)).name == "a"
    with pytest.raises(HTTPException) as refused:
        read(json.dumps({"name": "a"}).encode().ljust(BODY_BYTES + 1))
    assert (refused.value.status_code, refused.value.headers) == (413, {"connection": "close"})


def test_pages_follow_one_another_to_the_end():
    rows = [Row(at, f"id-{at}") for at in range(7)]
    query, seen = "limit=3", []
    while True:
        page = page_of(asked(query))
        after = [row for row in rows if page.cursor is None or (row.at, row.id) > page.cursor]
        kept, following = page.cut(after[: page.limit + 1], lambda row: (row.at, row.id))
        seen += kept
        if following is None:
            break
        query = f"limit=3&cursor={following}"
    assert seen == rows


@given(st.integers(-(2**52), 2**52), st.text(st.characters(exclude_categories=["Cs"]), max_size=30))
def test_any_cursor_of_ours_comes_back_as_it_was(at: int, row_id: str):
    _, following = page_of(asked("limit=1")).cut([Row(at, row_id)] * 2, lambda row: (row.at, row.id))
    assert page_of(asked(f"cursor={following}")).cursor == (at, row_id)


@pytest.mark.parametrize("limit", ["0", "-1", "201", "1.5", "", "x", "1e2", "٣", "9" * 400])
def test_a_limit_outside_1_to_200_is_refused(limit: str):
    with pytest.raises(Invalid) as refused:
        page_of(asked(f"limit={limit}"))
    assert list(refused.value.errors) == ["limit"]
    assert page_of(asked(f"limit={MOST_LIMIT}")).limit == MOST_LIMIT


@pytest.mark.parametrize(
    "cursor", ["", "x", "%00", "é", "W10", "WzFd", "WzEsMl0", "W3RydWUsImEiXQ", "eyJhIjoxfQ", "W1tdLFtdXQ", "A" * 5000]
)
def test_a_cursor_that_is_not_ours_is_refused(cursor: str):
    with pytest.raises(Invalid) as refused:
        page_of(asked(f"cursor={cursor}"))
    assert list(refused.value.errors) == ["cursor"]


@given(st.text(max_size=40))
def test_no_cursor_is_an_error_of_ours(text: str):
    request = Request({"type": "http", "query_string": b"", "headers": []})
    request._query_params = {"cursor": text}  # type: ignore[assignment]
    try:
        page_of(request)
    except Invalid as refused:
        assert list(refused.errors) == ["cursor"]


def test_an_unknown_filter_value_is_refused_with_those_that_there_are():
    assert choice_of(asked(""), "colour", Colour) is None
    assert choice_of(asked("colour=red"), "colour", Colour) is Colour.RED
    with pytest.raises(Invalid) as refused:
        choice_of(asked("colour=RED"), "colour", Colour)
    assert refused.value.errors == {"colour": "Use one of: red."}
