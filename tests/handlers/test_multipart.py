"""The multipart reader: the same parts however the bytes are cut, a 400 for what is broken, every count limited."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from handlers.multipart import BLOCK, Caps, Event, Field, FileBegins, FileBlock, FileEnds, events

BOUNDARY = "example-boundary"
CAPS = Caps(body=8 * BLOCK, files=3, fields=4, field=1000, headers=500)

Part = tuple[str, str | None, bytes]
"""Field name, file name (None: a plain field), content."""


def body_of(parts: Sequence[Part], boundary: str = BOUNDARY) -> bytes:
    out = bytearray()
    for name, filename, content in parts:
        disposition = f'form-data; name="{name}"' + ("" if filename is None else f'; filename="{filename}"')
        out += f"--{boundary}\r\nContent-Disposition: {disposition}\r\n\r\n".encode() + content + b"\r\n"
    return bytes(out + f"--{boundary}--\r\n".encode())


def read(chunks: Sequence[bytes], *, caps: Caps = CAPS, kind: str = "", cut_off: bool = False) -> list[Event]:
    """The events of a body that comes in these chunks; `cut_off`: the sender goes away instead of ending it."""

    async def body() -> AsyncIterator[bytes]:
        for chunk in chunks:
            yield chunk
        if cut_off:
            raise ClientDisconnect

    async def collect() -> list[Event]:
        content_type = kind or f"multipart/form-data; boundary={BOUNDARY}"
        return [event async for event in events(content_type, body(), caps, file_field="file")]

    return asyncio.run(collect())


def parts_of(found: Sequence[Event]) -> list[Part]:
    """Events joined to parts again; fails when they come in an impossible order."""
    parts: list[Part] = []
    begun: tuple[str, str] | None = None
    content = b""
    for event in found:
        match event:
            case Field(name, value):
                assert begun is None
                parts.append((name, None, value))
            case FileBegins(name, filename):
                assert begun is None
                begun, content = (name, filename), b""
            case FileBlock(piece):
                assert begun is not None
                assert piece
                content += piece
            case FileEnds():
                assert begun is not None
                parts.append((*begun, content))
                begun = None
    assert begun is None
    return parts


# Contents that look like boundaries, line ends and dashes are the ones that a parser gets wrong.
contents = st.lists(
    st.sampled_from([b"\r\n", b"\r", b"\n", b"--", b"-", f"\r\n--{BOUNDARY[:-1]}".encode(), b"\r\n--exam", b"\0", b"x"])
    | st.binary(max_size=30),
    max_size=12,
).map(b"".join)
parts_lists = st.lists(
    st.one_of(
        st.tuples(st.sampled_from(["job_id", "session", "é"]), st.none(), contents),
        st.tuples(st.just("file"), st.sampled_from(["photo.jpg", "", "été 🎉.png"]), contents),
    ),
    max_size=3,
)


def cut(body: bytes, places: Sequence[int]) -> list[bytes]:
    edges = [0, *sorted(place % (len(body) + 1) for place in places), len(body)]
    return [body[start:end] for start, end in pairwise(edges)]


@settings(max_examples=300, deadline=None)
@given(parts_lists, st.lists(st.integers(0, 100_000), max_size=30))
def test_parts_are_the_same_however_the_body_is_cut(parts, places):
    assert parts_of(read(cut(body_of(parts), places))) == parts


@settings(max_examples=60, deadline=None)
@given(parts_lists)
def test_parts_are_the_same_when_every_byte_comes_alone(parts):
    body = body_of(parts)
    assert parts_of(read([body[at : at + 1] for at in range(len(body))])) == parts


@settings(max_examples=200, deadline=None)
@given(parts_lists, st.integers(1, 100_000))
def test_a_body_cut_short_is_a_400(parts, missing):
    body = body_of(parts).removesuffix(b"--\r\n")
    with pytest.raises(HTTPException) as refused:
        read([body[: max(0, len(body) - missing % (len(body) + 1))]])
    assert refused.value.status_code == 400


@settings(max_examples=200, deadline=None)
@given(parts_lists, st.lists(st.tuples(st.integers(0, 100_000), st.integers(0, 255)), min_size=1, max_size=5))
def test_a_damaged_body_is_read_or_refused_but_never_an_error(parts, damages):
    body = bytearray(body_of(parts))
    for place, byte in damages:
        body[place % len(body)] = byte
    try:
        parts_of(read([bytes(body)]))
    except HTTPException as refused:
        assert refused.status_code in (400, 413)


def test_a_sender_that_goes_away_is_a_400():
    with pytest.raises(HTTPException) as refused:
        read([body_of([("file", "photo.jpg", b"x" * 5000)])[:3000]], cut_off=True)
    assert refused.value.status_code == 400


def test_a_file_comes_in_blocks_of_about_a_mebibyte():
    content = bytes(range(256)) * 12_000  # 3,072,000 bytes
    found = read([body_of([("file", "photo.jpg", content)])])
    sizes = [len(event.content) for event in found if isinstance(event, FileBlock)]
    assert parts_of(found) == [("file", "photo.jpg", content)]
    assert all(BLOCK <= size <= BLOCK + 64 * 1024 for size in sizes[:-1])
    assert len(sizes) == 3


def test_a_part_named_as_files_are_is_a_file_even_without_a_file_name():
    assert parts_of(read([body_of([("file", None, b"abc")])])) == [("file", "", b"abc")]


@pytest.mark.parametrize(
    ("parts", "caps"),
    [
        ([("file", "a", b"x")] * 4, CAPS),
        ([("job_id", None, b"x")] * 5, CAPS),
        ([("job_id", None, b"x" * 1001)], CAPS),
        ([("n" * 600, None, b"x")], CAPS),
        ([("file", "a", b"x" * 3000)], Caps(body=2000)),
    ],
    ids=["files", "fields", "field bytes", "header bytes", "body"],
)
def test_one_too_many_is_a_413_that_closes_the_connection(parts, caps):
    with pytest.raises(HTTPException) as refused:
        read([body_of(parts)], caps=caps)
    assert refused.value.status_code == 413
    assert refused.value.headers == {"connection": "close"}


def test_exactly_as_many_as_allowed_are_fine():
    parts = [("file", "a", b"x")] * 3 + [("job_id", None, b"x" * 1000)] * 4
    assert parts_of(read([body_of(parts)])) == parts


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        ("application/json", 415),
        ("application/x-www-form-urlencoded", 415),
        ("text/plain; boundary=x", 415),
        ("multipart/mixed; boundary=x", 415),
        ("multipart/form-data", 400),
        ("multipart/form-data; boundary=", 400),
        (f"multipart/form-data; boundary={'b' * 71}", 400),
    ],
)
def test_another_content_type_is_a_415_and_a_bad_boundary_a_400(kind, status):
    with pytest.raises(HTTPException) as refused:
        read([body_of([])], kind=kind)
    assert refused.value.status_code == status


@pytest.mark.parametrize(
    "head",
    [
        "Content-Type: text/plain",
        "Content-Disposition: form-data",
        'Content-Disposition: attachment; name="file"',
        "Content Disposition: form-data",
    ],
)
def test_a_part_that_does_not_say_what_it_is_is_a_400(head):
    with pytest.raises(HTTPException) as refused:
        read([f"--{BOUNDARY}\r\n{head}\r\n\r\nx\r\n--{BOUNDARY}--\r\n".encode()])
    assert refused.value.status_code == 400


def test_endless_header_lines_are_refused():
    lines = "".join(f"X-{number}: y\r\n" for number in range(200))
    with pytest.raises(HTTPException) as refused:
        read([f"--{BOUNDARY}\r\n{lines}\r\nx\r\n--{BOUNDARY}--\r\n".encode()])
    assert refused.value.status_code in (400, 413)
