"""Dropbox's HTTP formats: how arguments are read and how results and errors are written, byte for byte."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from starlette.requests import Request
from starlette.types import Send

MAX_RPC_BODY = 10 * 1024 * 1024
RPC_TYPES = ("application/json", "application/json; charset=utf-8", "text/plain; charset=dropbox-cors-hack")
UPLOAD_TYPES = ("application/octet-stream", "text/plain; charset=dropbox-cors-hack")


@dataclass
class Answer:
    """One HTTP answer. With `stream`, the body comes from there and `length` says how long it is."""

    status: int
    body: bytes = b""
    content_type: str = "application/json"
    headers: dict[str, str] = field(default_factory=dict)
    stream: Iterator[bytes] | None = None
    length: int | None = None
    error: str | None = None

    def header_list(self) -> list[tuple[bytes, bytes]]:
        """The headers as ASGI wants them. The content type is exact: clients compare it, charset and all."""
        length = len(self.body) if self.length is None else self.length
        pairs = {"content-type": self.content_type, "content-length": str(length), **self.headers}
        return [(name.encode("ascii"), value.encode("latin-1")) for name, value in pairs.items()]


class BadCall(Exception):
    """A call that Dropbox answers with 400 and a plain sentence."""


def json_answer(status: int, value: Any, error: str | None = None, headers: dict[str, str] | None = None) -> Answer:
    """An answer with a JSON body and exactly `application/json`."""
    return Answer(status, json.dumps(value).encode(), headers=headers or {}, error=error)


def text_answer(status: int, text: str, headers: dict[str, str] | None = None) -> Answer:
    """An answer in plain text, as Dropbox gives for 400 and sometimes for 429."""
    return Answer(status, text.encode(), "text/plain; charset=utf-8", headers or {}, error=text)


async def send_answer(answer: Answer, send: Send) -> None:
    """Send an answer as it is."""
    await send({"type": "http.response.start", "status": answer.status, "headers": answer.header_list()})
    for chunk in answer.stream or ():
        await send({"type": "http.response.body", "body": chunk, "more_body": True})
    await send({"type": "http.response.body", "body": b"" if answer.stream else answer.body})


def origin(request: Request) -> str:
    """Scheme and host under which the client reached the sandbox."""
    return f"{request.url.scheme}://{request.headers.get('host', 'localhost')}"


def check_content_type(request: Request, style: str, *, empty: bool) -> None:
    """Refuse the content types that Dropbox refuses; an empty body may come without one."""
    given = request.headers.get("content-type")
    if given is None and empty:
        return
    accepted = UPLOAD_TYPES if style == "upload" else RPC_TYPES
    plain = (given or "").lower().replace(";charset", "; charset")
    if plain not in accepted:
        expected = ", ".join(f'"{name}"' for name in accepted)
        raise BadCall(f'Bad HTTP "Content-Type" header: "{given or ""}".  Expecting one of {expected}.')


def header_argument(request: Request) -> str:
    """The argument of an upload or download call: header `Dropbox-API-Arg`, or `?arg=`."""
    given = request.headers.get("dropbox-api-arg") or request.query_params.get("arg")
    if given is None:
        raise BadCall('Must provide HTTP header "Dropbox-API-Arg" or URL parameter "arg".')
    if "dropbox-api-arg" in request.headers:
        # Dropbox asks for ASCII, yet reads the UTF-8 that rclone sends.
        try:
            return given.encode("latin-1").decode()
        except UnicodeDecodeError:
            raise BadCall('HTTP header "Dropbox-API-Arg": could not decode input as JSON') from None
    return given


async def rpc_body(request: Request) -> bytes:
    """The body of an RPC call, whole; far smaller than a file, so a limit keeps memory flat."""
    body = bytearray()
    async for chunk in request.stream():
        if len(body) <= MAX_RPC_BODY:
            body += chunk
    if len(body) > MAX_RPC_BODY:
        raise BadCall("request body: too large")
    return bytes(body)


def parse(text: str | bytes, place: str) -> Any:
    """JSON out of a header or body; the sentence of a failure names the `place`."""
    try:
        value = json.loads(text, parse_constant=_no_constant)
        json.dumps(value, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        raise BadCall(f"{place}: could not decode input as JSON") from None
    return value


def _no_constant(name: str) -> Any:
    raise ValueError(name)
