"""multipart/form-data as it comes, in parts and blocks, with every count limited; never a file in memory, nor on disk.

The parser's callbacks only collect. Whoever reads the events decides what becomes of a file.
"""

from collections.abc import AsyncGenerator, AsyncIterable
from dataclasses import dataclass
from typing import Any

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

BLOCK = 1024 * 1024
BOUNDARY_BYTES = 70  # RFC 2046, section 5.1.1
PARSER_BYTES = 64 * 1024


@dataclass(frozen=True)
class Caps:
    """How much one body may hold. `headers` are the bytes of one part's header lines."""

    body: int
    files: int = 20
    fields: int = 50
    field: int = 64 * 1024
    headers: int = 8 * 1024


@dataclass(frozen=True)
class Field:
    """A part without a file name, whole."""

    name: str
    value: bytes


@dataclass(frozen=True)
class FileBegins:
    """A part with a file name (perhaps an empty one), or named as files are; blocks and a FileEnds follow."""

    name: str
    filename: str


@dataclass(frozen=True)
class FileBlock:
    """The next bytes of the file: 1 MiB or a little more, less only in its last block."""

    content: bytes


@dataclass(frozen=True)
class FileEnds:
    """The file is whole."""


Event = Field | FileBegins | FileBlock | FileEnds


async def events(
    content_type: str | None, body: AsyncIterable[bytes], caps: Caps, *, file_field: str
) -> AsyncGenerator[Event, None]:
    """The body's parts in order. A part named `file_field` is a file even without a file name.

    Raises 415 for another content type, 413 at the first thing too many (closing the connection), 400 for what is
    malformed or ends early.
    """
    collected = _Collected(caps, file_field)
    parser = MultipartParser(
        _boundary(content_type), collected.callbacks(), max_header_count=100, max_header_size=2 * caps.headers
    )
    seen = 0
    try:
        async for chunk in body:
            seen += len(chunk)
            if seen > caps.body:
                raise too_much(f"This is larger than the {caps.body:,} bytes accepted here.")
            # In slices: a server may hand over a large body at once, and the parser copies what it is given.
            for at in range(0, len(chunk), PARSER_BYTES):
                parser.write(chunk[at : at + PARSER_BYTES])
                for event in collected.taken():
                    yield event
        parser.finalize()
    except FormParserError:
        raise HTTPException(400, "The multipart body is malformed.") from None
    except ClientDisconnect:
        raise HTTPException(400, "The body ended early.") from None
    if not collected.complete:
        raise HTTPException(400, "The multipart body ends before its closing boundary.")


def too_much(sentence: str) -> HTTPException:
    """A 413 that also ends the connection, so that the rest of the body need not be read."""
    return HTTPException(413, sentence, {"connection": "close"})


def _boundary(content_type: str | None) -> bytes:
    kind, options = parse_options_header(content_type)
    if kind != b"multipart/form-data":
        raise HTTPException(415, "Send this as multipart/form-data.")
    boundary = options.get(b"boundary", b"")
    if not 1 <= len(boundary) <= BOUNDARY_BYTES:
        raise HTTPException(400, f"The Content-Type needs a boundary of 1 to {BOUNDARY_BYTES} characters.")
    return boundary


class _Collected:
    """What the parser has called back since the last `taken`."""

    def __init__(self, caps: Caps, file_field: str) -> None:
        self.complete = False
        self._caps = caps
        self._file_field = file_field
        self._events: list[Event] = []
        self._files = self._fields = self._header_bytes = 0
        self._header = self._value = self._disposition = b""
        self._field_name: str | None = None
        self._data = bytearray()

    def callbacks(self) -> Any:
        return {
            "on_part_begin": self._part_begins,
            "on_header_field": self._header_goes_on,
            "on_header_value": self._value_goes_on,
            "on_header_end": self._header_ends,
            "on_headers_finished": self._headers_end,
            "on_part_data": self._data_goes_on,
            "on_part_end": self._part_ends,
            "on_end": self._body_ends,
        }

    def taken(self) -> list[Event]:
        events, self._events = self._events, []
        return events

    def _part_begins(self) -> None:
        self._header_bytes, self._disposition = 0, b""
        self._data = bytearray()

    def _count_header(self, more: int) -> None:
        self._header_bytes += more
        if self._header_bytes > self._caps.headers:
            raise too_much(f"The headers of a part are larger than {self._caps.headers:,} bytes.")

    def _header_goes_on(self, data: bytes, start: int, end: int) -> None:
        self._count_header(end - start)
        self._header += data[start:end]

    def _value_goes_on(self, data: bytes, start: int, end: int) -> None:
        self._count_header(end - start)
        self._value += data[start:end]

    def _header_ends(self) -> None:
        if self._header.lower() == b"content-disposition":
            self._disposition = self._value
        self._header = self._value = b""

    def _headers_end(self) -> None:
        kind, options = parse_options_header(self._disposition.decode("latin-1"))
        if kind != b"form-data" or b"name" not in options:
            raise HTTPException(400, "Each part needs Content-Disposition: form-data with a name.")
        name = options[b"name"].decode("utf-8", "replace")
        if b"filename" in options or name == self._file_field:
            self._files += 1
            if self._files > self._caps.files:
                raise too_much(f"At most {self._caps.files} files come in one push.")
            self._field_name = None
            self._events.append(FileBegins(name, options.get(b"filename", b"").decode("utf-8", "replace")))
        else:
            self._fields += 1
            if self._fields > self._caps.fields:
                raise too_much(f"At most {self._caps.fields} fields come in one push.")
            self._field_name = name

    def _data_goes_on(self, data: bytes, start: int, end: int) -> None:
        self._data += memoryview(data)[start:end]
        if self._field_name is None:
            if len(self._data) >= BLOCK:
                self._flush()
        elif len(self._data) > self._caps.field:
            raise too_much(f"A field is larger than {self._caps.field:,} bytes.")

    def _flush(self) -> None:
        self._events.append(FileBlock(bytes(self._data)))
        self._data = bytearray()

    def _part_ends(self) -> None:
        if self._field_name is not None:
            self._events.append(Field(self._field_name, bytes(self._data)))
            return
        if self._data:
            self._flush()
        self._events.append(FileEnds())

    def _body_ends(self) -> None:
        self.complete = True
