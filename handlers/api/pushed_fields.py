"""The fields of a push: what each must look like, and which file is which artifact."""

import unicodedata
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from handlers.multipart import Caps, Field
from rules.moments import parse_moment
from store.errors import Invalid

MOST_LETTERS = 200
USUAL_VARIANT = "final"
USUAL_ARTIFACT = "result"
NAMES = ("job_id", "session", "created_at", "variant", "artifact_id")

T = TypeVar("T")

PUSH_CONTENT: dict[str, Any] = {
    "multipart/form-data": {
        "schema": {
            "type": "object",
            "required": ["file", "job_id"],
            "additionalProperties": False,
            "properties": {
                "file": {
                    "type": "array",
                    "minItems": 1,
                    "maxItems": Caps.files,
                    "items": {"type": "string", "contentMediaType": "application/octet-stream"},
                    "description": "One part for each artifact: JPEG, PNG, WebP, GIF, MP4 or MOV.",
                },
                "job_id": {
                    "type": "string",
                    "minLength": 1,
                    "maxLength": MOST_LETTERS,
                    "description": "The same job again is recognised by it.",
                },
                "session": {
                    "type": "string",
                    "maxLength": MOST_LETTERS,
                    "description": "The same value is the same session. Absent: a new one.",
                },
                "created_at": {
                    "type": "string",
                    "format": "date-time",
                    "description": "RFC 3339 with an offset. Absent: the time of arrival.",
                },
                "variant": {
                    "type": "string",
                    "maxLength": MOST_LETTERS,
                    "default": USUAL_VARIANT,
                    "description": "Of all files of this push.",
                },
                "artifact_id": {
                    "type": "array",
                    "maxItems": Caps.files,
                    "items": {"type": "string", "maxLength": MOST_LETTERS},
                    "description": "In the order of the files. Absent: the file's name without its extension.",
                },
            },
        }
    }
}
PUSH_CURL = "-F job_id=job-1 -F session=guest-17 -F file=@photo.jpg"


@dataclass(frozen=True)
class PushedFields:
    """What was typed, checked. `artifact_ids` has one for each file; `created_at` is in milliseconds UTC."""

    job_id: str
    session: str | None
    created_at: int | None
    variant: str
    artifact_ids: list[str]


def read_fields(fields: Sequence[Field], filenames: Sequence[str], strays: Sequence[str] = ()) -> PushedFields:
    """The fields of a push with files of these names; `strays` are fields that wrongly came as files.

    Raises Invalid for everything that is wrong at once.
    """
    errors: dict[str, str] = {}
    typed = _Typed(fields, errors)
    read = PushedFields(
        job_id=typed.one("job_id", plain_text) or "",
        session=typed.one("session", plain_text),
        created_at=typed.one("created_at", parse_moment),
        variant=typed.one("variant", plain_text) or USUAL_VARIANT,
        artifact_ids=_artifact_ids(typed.all("artifact_id"), filenames, errors),
    )
    if not read.job_id:
        errors.setdefault("job_id", "Say which job made this: job_id is required.")
    if not filenames:
        errors["file"] = "Send at least one file in the field “file”."
    for name in strays:
        errors.setdefault(_shown(name), "Files go into the field “file”.")
    for field in fields:
        if field.name not in NAMES:
            errors.setdefault(_shown(field.name), "This field is not known here.")
    if errors:
        raise Invalid(errors)
    return read


class _Typed:
    def __init__(self, fields: Iterable[Field], errors: dict[str, str]) -> None:
        self._values: dict[str, list[bytes]] = {}
        self._errors = errors
        for field in fields:
            self._values.setdefault(field.name, []).append(field.value)

    def one(self, name: str, read: Callable[[str], T]) -> T | None:
        """The field's value, None when it is absent or empty; an error when it is there twice or unreadable."""
        values = self._values.get(name, [])
        if len(values) > 1:
            self._errors[name] = "Send this field once."
        if not values or not values[0]:
            return None
        try:
            return read(values[0].decode())
        except UnicodeDecodeError:
            self._errors[name] = "This is not UTF-8."
        except ValueError as error:
            self._errors[name] = str(error)
        return None

    def all(self, name: str) -> list[str]:
        """Every value of a field that may be repeated."""
        found = []
        for value in self._values.get(name, []):
            try:
                found.append(plain_text(value.decode()) if value else "")
            except UnicodeDecodeError:
                self._errors[name] = "This is not UTF-8."
            except ValueError as error:
                self._errors[name] = str(error)
        return found


def plain_text(value: str) -> str:
    """The text as it is; ValueError with a sentence when it is too long or holds a control character."""
    if len(value) > MOST_LETTERS:
        raise ValueError(f"Keep this to {MOST_LETTERS} characters; it has {len(value)}.")
    if any(unicodedata.category(letter) == "Cc" for letter in value):
        raise ValueError("This holds a control character.")
    return value


def _artifact_ids(given: list[str], filenames: Sequence[str], errors: dict[str, str]) -> list[str]:
    if len(given) > len(filenames):
        errors.setdefault("artifact_id", f"There are {len(given)} of these for {len(filenames)} files.")
    ids = []
    for number, filename in enumerate(filenames):
        chosen = given[number] if number < len(given) else ""
        ids.append(chosen or from_filename(filename) or USUAL_ARTIFACT)
    if len(set(ids)) < len(ids):
        errors.setdefault("artifact_id", "Two files of this push are the same artifact; give each its own artifact_id.")
    return ids


def from_filename(filename: str) -> str:
    """The file's own name, without folders and without its extension."""
    name = filename.replace("\\", "/").rpartition("/")[2]
    stem = name.rpartition(".")[0] or name
    return "".join(letter for letter in stem if unicodedata.category(letter) != "Cc")[:MOST_LETTERS]


def _shown(name: str) -> str:
    return name[:MOST_LETTERS]
