"""What the API's bodies and answers are made of: base models, times, and the one way in which a JSON body is read.

The models of each noun stand in that noun's own module.
"""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Generic, Self, TypeVar

from pydantic import BaseModel, ConfigDict, Field, PlainSerializer, ValidationError, WithJsonSchema
from starlette.exceptions import HTTPException
from starlette.requests import Request

from handlers.body_limit import too_large
from handlers.pages import iso
from store.errors import Invalid

BODY_BYTES = 64 * 1024
MOST_ERRORS = 50

Moment = Annotated[
    int,
    PlainSerializer(iso, return_type=str),
    WithJsonSchema({"type": "string", "format": "date-time", "examples": ["2026-02-11T19:24:03.000Z"]}),
]
"""Milliseconds UTC in here, RFC 3339 UTC outside."""


class Answer(BaseModel):
    """What we send. Built from our own dataclasses, so a missing or odd value is our mistake and a 500."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Body(BaseModel):
    """What we are sent. Unknown fields and wrong types are refused by name, never guessed at."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class Actor(Answer):
    """Who did something: the value of every `…_by`."""

    account_id: str = Field(examples=["dbid:AAH4f99T0taONIb-OurWxbNQ6ywGRopQngc"])
    display_name: str = Field(examples=["Ada Park"])

    @classmethod
    def of(cls, account_id: str | None, display_name: str | None) -> Self | None:
        """None where nobody has done it yet."""
        return None if account_id is None else cls(account_id=account_id, display_name=display_name or "")


A = TypeVar("A", bound=Answer)
B = TypeVar("B", bound=Body)


class Listing(Answer, Generic[A]):
    """One page of a list; `next` is the `cursor` of the following one, null on the last."""

    items: list[A]
    next: str | None

    @classmethod
    def model_parametrized_name(cls, params: tuple[Any, ...]) -> str:
        return f"{params[0].__name__}List"


class FieldProblem(Answer):
    """One field that cannot be accepted, and why."""

    field: str
    message: str


class Problem(Answer):
    """An error as RFC 9457 describes it; `errors` comes with 422, further members where a route says so."""

    model_config = ConfigDict(frozen=True, extra="allow", title="Problem")

    type: str = Field(examples=["about:blank"])
    title: str = Field(examples=["Not found"])
    status: int = Field(examples=[404])
    detail: str = Field(examples=["There is nothing here, or it is not yours to see."])
    errors: list[FieldProblem] | None = Field(None, json_schema_extra={"type": "array"})


async def read_json(request: Request[Any], model: type[B]) -> B:
    """The body as `model`: 415 for another content type, 413 above 64 KiB, 400 for broken JSON, Invalid by field."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json":
        raise HTTPException(415, "Send this as application/json.")
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > BODY_BYTES:
            raise too_large(BODY_BYTES)
    try:
        return model.model_validate_json(bytes(body))
    except ValidationError as error:
        raise _refusal(error.errors(include_url=False, include_context=False, include_input=False)) from None


def _refusal(found: Sequence[Mapping[str, Any]]) -> Exception:
    if any(each["type"] == "json_invalid" for each in found):
        return HTTPException(400, "The body is not valid JSON.")
    errors: dict[str, str] = {}
    for each in found[:MOST_ERRORS]:
        errors.setdefault(".".join(str(step) for step in each["loc"]), _sentence(each))
    return Invalid(errors)


def _sentence(error: Mapping[str, Any]) -> str:
    if error["type"] == "extra_forbidden":
        return "This field is not known here."
    if error["type"] == "missing":
        return "This field is required."
    message = str(error["msg"]).removeprefix("Value error, ")
    return f"{message.removesuffix('.')}."
