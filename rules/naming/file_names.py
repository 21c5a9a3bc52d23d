"""A file's name from template and facts, and the names to try when that one is taken."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain, count

from rules.characters import cut_utf16, utf16_length
from rules.naming.names import UNTITLED, clean, safe_name, trim, unreserved
from rules.naming.paths import path_key
from rules.naming.short_codes import code
from rules.naming.templates import fill
from rules.naming.times import date_text, time_text

MAX_FILE_NAME = 255
"""UTF-16 units, which Windows counts; characters, which Dropbox counts, are never more than those."""


@dataclass(frozen=True)
class FileFacts:
    """What a name can be made of, apart from the short code; texts as people wrote them.

    `created_at` is milliseconds UTC, the result's own time or its arrival; `timezone` is the project's;
    `session` is the label of the session, `artifact` and `variant` those of the push.
    """

    created_at: int
    timezone: str
    session: str
    project: str
    experience: str
    artifact: str
    variant: str


def file_name(template: str, *, values: FileFacts, extension: str, short_code: str, suffix: str = "") -> str:
    """The file's name by a template that `validate_template` finds fine.

    The stem is cut to fit; `suffix` ("-2") and the extension, given without its dot, are kept.
    """
    texts = {
        "date": date_text(values.created_at, values.timezone),
        "time": time_text(values.created_at, values.timezone),
        "shortCode": short_code,
        "session": safe_name(values.session),
        "project": safe_name(values.project),
        "experience": safe_name(values.experience),
        "artifact": safe_name(values.artifact),
        "variant": safe_name(values.variant),
    }
    tail = f"{suffix}.{extension}"
    stem = unreserved(clean(fill(template, texts)) or UNTITLED)
    return trim(cut_utf16(stem, MAX_FILE_NAME - utf16_length(tail))) + tail


def candidates(
    template: str, *, values: FileFacts, extension: str, short_code: str, same_session: bool, random_bytes: bytes
) -> Iterator[str]:
    """File names to try until one is free: first the plain one, each but once, without end.

    `same_session` says whether the plain one is taken by the same session, which gets `-2`, `-3`, …; against another
    session the code in the name grows (`8F3KQ`), by one character per two of `random_bytes`, and only then, or in a
    template without a code, come the numbers.
    """
    grown = "" if same_session else code(random_bytes, len(random_bytes) // 2)
    codes = (short_code + grown[:more] for more in range(len(grown) + 1))
    tries = chain(((each, "") for each in codes), ((short_code, f"-{number}") for number in count(2)))
    tried: set[str] = set()
    for each, suffix in tries:
        name = file_name(template, values=values, extension=extension, short_code=each, suffix=suffix)
        if path_key(name) not in tried:
            tried.add(path_key(name))
            yield name
