"""The SDK's own validation and encoding of arguments, results and errors, with types that a checker can follow."""

from typing import Any

from stone.backends.python_rsrc import stone_serializers
from stone.backends.python_rsrc import stone_validators as bv

_serializers: Any = stone_serializers
_validators: Any = bv


class Invalid(ValueError):
    """An argument that the route's type does not allow; the text says where and why."""


def union_of(definition: Any) -> Any:
    """The type of a union that is known by its class."""
    return _validators.Union(definition)


def decode(kind: Any, value: Any) -> Any:
    """Plain JSON as the SDK object of a type: unknown and missing fields, wrong patterns are Invalid."""
    try:
        return _serializers.json_compat_obj_decode(kind, value, strict=True)
    except bv.ValidationError as problem:
        raise Invalid(str(problem)) from None


def encode(kind: Any, value: Any) -> Any:
    """An SDK object as plain JSON; a value that the type does not allow raises ValidationError: a defect of ours."""
    return _serializers.json_compat_obj_encode(kind, value)
