"""A push as JSON: what it says of the job, and which web address each artifact is to be fetched from."""

from dataclasses import dataclass
from typing import Annotated, Any
from urllib.parse import unquote, urlsplit

from pydantic import AfterValidator, Field
from starlette.requests import Request

from handlers.api.models import Body, read_json
from handlers.api.pushed_fields import MOST_LETTERS, USUAL_ARTIFACT, USUAL_VARIANT, from_filename, plain_text
from handlers.multipart import Caps
from rules.moments import parse_moment
from rules.web_addresses import MOST_LETTERS as MOST_ADDRESS_LETTERS
from rules.web_addresses import web_address
from store.address_pushes import Named
from store.errors import Invalid
from store.jobs import Job


def _moment(text: str) -> str:
    parse_moment(text)
    return text


def _address(text: str) -> str:
    web_address(text)
    return text


Text = Annotated[str, AfterValidator(plain_text), Field(max_length=MOST_LETTERS)]


class NamedArtifact(Body):
    """One artifact and where its bytes are."""

    artifact_id: Text | None = Field(None, description="Absent: the file's name in the address, without its extension.")
    variant: Text | None = Field(None, description=f"Absent: `{USUAL_VARIANT}`.")
    url: Annotated[str, AfterValidator(_address)] = Field(
        max_length=MOST_ADDRESS_LETTERS,
        description="https, on a public host. A signed link is forgotten once the file is here.",
        examples=["https://pictures.example.com/gala/8F3K.jpg"],
    )


class NewResult(Body):
    """A result whose artifacts are to be fetched."""

    job_id: Annotated[Text, Field(min_length=1)] = Field(examples=["job-1"])
    session: Text | None = Field(None, examples=["guest-17"])
    created_at: Annotated[str, AfterValidator(_moment)] | None = Field(None, json_schema_extra={"format": "date-time"})
    artifacts: list[NamedArtifact] = Field(
        min_length=1,
        max_length=Caps.files,
        description="One for each artifact: artifact_id, variant and url, of which the url is required.",
        examples=[[{"url": "https://pictures.example.com/gala/8F3K.jpg"}]],
    )


@dataclass(frozen=True)
class PushedAddresses:
    """What was sent, checked; each artifact has its names."""

    job: Job
    named: list[Named]


async def read_addresses(request: Request[Any]) -> PushedAddresses:
    """The body; Invalid for each field that cannot be, and for an artifact that is named twice."""
    body = await read_json(request, NewResult)
    named = [
        Named(each.artifact_id or _name_of(each.url), each.variant or USUAL_VARIANT, each.url)
        for each in body.artifacts
    ]
    if len({(each.artifact_id, each.variant) for each in named}) < len(named):
        raise Invalid({"artifacts": "Two of these are the same artifact; give each its own artifact_id or variant."})
    created_at = parse_moment(body.created_at) if body.created_at else None
    return PushedAddresses(Job(body.job_id, body.session or None, created_at), named)


def _name_of(url: str) -> str:
    return from_filename(unquote(urlsplit(url).path)) or USUAL_ARTIFACT
