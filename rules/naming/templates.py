"""The naming template: literal text with placeholders from a fixed list, checked here and filled in `file_names`.

A template comes from a person, so it is taken apart by our own pattern and never given to str.format.
"""

import re
from collections.abc import Iterator, Mapping

from rules.characters import strip_invisible
from rules.naming.names import FORBIDDEN

DEFAULT_TEMPLATE = "{date}_{time}_session-{shortCode}_result"

PLACEHOLDERS = ("date", "time", "shortCode", "session", "project", "experience", "artifact", "variant")

MAX_TEMPLATE = 200
"""Characters, so that a name has room for what the placeholders stand for."""

_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")


def validate_template(template: str) -> list[str]:
    """Sentences about what is wrong with a template, in the order to read them; empty when it is fine."""
    if not template.strip():
        return ["Enter a naming template."]
    if len(template) > MAX_TEMPLATE:
        return [f"A naming template has at most {MAX_TEMPLATE} characters."]
    names = _PLACEHOLDER.findall(template)
    return [*_spelling(template, names), *_distinctness(names)]


def _spelling(template: str, names: list[str]) -> Iterator[str]:
    literal = _PLACEHOLDER.sub("x", template)
    unknown = [name for name in dict.fromkeys(names) if name not in PLACEHOLDERS]
    if unknown:
        listed, known = (" ".join(f"{{{name}}}" for name in some) for some in (unknown, PLACEHOLDERS))
        yield f"Not a placeholder: {listed}. These are: {known}."
    if "{" in literal or "}" in literal:
        yield "Every { needs its }, with a placeholder between them."
    if any(character in FORBIDDEN for character in literal):
        yield f"A file name can't contain any of {' '.join(FORBIDDEN)}"
    if strip_invisible(f"x{literal}x") != f"x{literal}x":
        yield "Use single spaces, and no line breaks, invisible or decomposed characters."


def _distinctness(names: list[str]) -> Iterator[str]:
    if "shortCode" not in names and "session" not in names:
        yield "Put in {shortCode} or {session}, so that sessions get names of their own."
    if "time" not in names and "artifact" not in names:
        yield "Put in {time} or {artifact}, so that the files of a session get names of their own."


def fill(template: str, values: Mapping[str, str]) -> str:
    """The template with each placeholder replaced by its value; one that has no value is a KeyError."""
    return _PLACEHOLDER.sub(lambda match: values[match[1]], template)
