"""What a route answers when it says no: a path of tags, built into the SDK's error types and its JSON."""

import random
from typing import Any

from stone.backends.python_rsrc import stone_validators as bv

from sandbox.stone_json import encode


class Refusal(Exception):
    """A route error as its tags, outermost first ("path/conflict/file"), with the fields of structs on the way."""

    def __init__(self, tags: str, **fields: Any) -> None:
        super().__init__(tags)
        self.tags = tags
        self.fields = fields

    def under(self, tag: str, **fields: Any) -> "Refusal":
        """The same refusal one level further out, as routes nest them."""
        return Refusal(f"{tag}/{self.tags}", **{**self.fields, **fields})


class UnknownTag(ValueError):
    """A path of tags does not exist in a route's error type."""


def _bare(validator: Any) -> Any:
    return validator.validator if isinstance(validator, bv.Nullable) else validator


def build(validator: Any, tags: list[str], fields: dict[str, Any]) -> Any:
    """The SDK object of an error type for a path of tags; UnknownTag when the type has no such path."""
    kind = _bare(validator)
    if isinstance(kind, bv.Union):
        return _build_union(kind, tags, fields)
    if isinstance(kind, bv.Struct):
        values = {
            name: build(field, tags, fields) if isinstance(_bare(field), bv.Union) else fields.get(name)
            for name, field in kind.definition._all_fields_
        }
        return kind.definition(**values)
    if tags:
        raise UnknownTag(f"nothing lies below, yet got {'/'.join(tags)}")
    return None


def _build_union(union: Any, tags: list[str], fields: dict[str, Any]) -> Any:
    known = union.definition._tagmap
    if not tags or tags[0] not in known:
        raise UnknownTag(f"expected one of {', '.join(sorted(known))} instead of {tags[0] if tags else 'nothing'}")
    inner = known[tags[0]]
    if isinstance(_bare(inner), (bv.Union, bv.Struct)):
        return union.definition(tags[0], build(inner, tags[1:], fields))
    build(inner, tags[1:], fields)
    # Few tags carry a plain value; a refusal names it like the tag.
    return union.definition(tags[0], None if isinstance(inner, bv.Void) else fields.get(tags[0]))


def summary(tags: str) -> str:
    """An error_summary: the tags and, as Dropbox does so that nobody parses it, a random number of dots."""
    return f"{tags}/{'.' * random.randrange(7)}"  # noqa: S311 - nothing secret


def body(error_type: Any, refusal: Refusal) -> dict[str, Any]:
    """The JSON object of a 409 answer, encoded (and so checked) by the route's own error type."""
    error = build(error_type, refusal.tags.split("/"), refusal.fields)
    return {
        "error_summary": summary(refusal.tags),
        "error": encode(error_type, error),
    }
