"""Fault rules as the control API takes them: every kind with its details, checked so that none is silently useless."""

from typing import Any

from sandbox.calls import Served
from sandbox.faults import Rule
from sandbox.misbehaving import MADE_UP_FIELDS, TELLING
from sandbox.refusals import UnknownTag, build

KINDS = {
    "rate_limit": "429; `reason` too_many_requests or too_many_write_operations, `retry_after`, `format` json or text",
    "status": "any `status` with `body` and `content_type`",
    "error": "409 with `error`: a path of tags such as path/insufficient_space, or the whole JSON object",
    "entry_error": "a batch (default finish_batch_v2) goes well but for `entries` (default all): `error`",
    "auth_error": "401 with `error`: a tag of AuthError such as invalid_access_token",
    "expired_token": "the access token of the call expires for good and the call answers 401",
    "oauth_error": "400 of the token endpoint with `error` (default invalid_grant) and `description`",
    "drop": "the connection is closed without an answer, once `after_bytes` of an upload have come",
    "cut_answer": "the work is done, and the connection closed after `after_bytes` (default half) of the answer",
    "truncated": "the work is done, and the body of the answer ends after `after_bytes` (default half)",
    "content_type": "the work is done, and its answer carries another `content_type`",
    "hang": "no answer for `seconds` (default: until the rule is cleared), then the connection is closed",
    "slow": "`seconds` of delay, then the answer in small pieces at `bytes_per_second`",
}
NUMBER = (int, float)
COMMON: dict[str, Any] = {
    "route": str,
    "person": str,
    "app": str,
    "path": str,
    "nth": (int, list),
    "every": int,
    "probability": NUMBER,
    "seed": int,
    "times": int,
    "for_seconds": NUMBER,
    "when": str,
    "note": str,
}
DETAILS: dict[str, dict[str, Any]] = {
    "rate_limit": {"reason": str, "retry_after": int, "format": str},
    "status": {"status": int, "body": str, "content_type": str, "retry_after": int},
    "error": {"error": (str, dict), "user_message": str},
    "entry_error": {"error": str, "entries": list, "entry_probability": NUMBER},
    "auth_error": {"error": str},
    "expired_token": {},
    "oauth_error": {"error": str, "description": str},
    "drop": {"after_bytes": int},
    "cut_answer": {"after_bytes": int},
    "truncated": {"after_bytes": int},
    "content_type": {"content_type": str},
    "hang": {"seconds": NUMBER},
    "slow": {"seconds": NUMBER, "bytes_per_second": int},
}
CHOICES = {
    "when": ("before", "after"),
    "reason": ("too_many_requests", "too_many_write_operations"),
    "format": ("json", "text"),
}
TOKEN_ROUTE = "oauth2/token"  # noqa: S105 - an address
BATCH_ROUTE = "files/upload_session/finish_batch_v2"
# Kinds that make sense on some routes only strike there unless told otherwise.
FIXED = {"oauth_error": {"route": TOKEN_ROUTE}, "entry_error": {"route": BATCH_ROUTE}}


def read_rule(given: dict[str, Any], routes: dict[str, Served]) -> Rule:
    """A rule from the control API's JSON; ValueError with a sentence for anything that would never act as meant."""
    kind = given.get("kind", "status")
    if kind not in KINDS:
        raise ValueError(f"kind must be one of {', '.join(KINDS)}")
    wanted = {name: value for name, value in given.items() if name != "kind" and value is not None}
    for name, value in wanted.items():
        _check_field(kind, name, value)
    if kind in TELLING and wanted.get("when") == "before":
        raise ValueError(f"when means nothing for {kind}: the work is always done")
    if kind == "drop" and "after_bytes" in wanted and wanted.get("when") == "after":
        raise ValueError("after_bytes of an upload come before the work; cut_answer closes amid the answer")
    if kind in ("error", "entry_error"):
        _check_error(given, kind, routes)
    common = {**FIXED.get(kind, {}), **{name: value for name, value in wanted.items() if name in COMMON}}
    if isinstance(common.get("nth"), int):
        common["nth"] = [common["nth"]]
    return Rule(kind, **common, details={name: value for name, value in wanted.items() if name in DETAILS[kind]})


def _check_field(kind: str, name: str, value: Any) -> None:
    known = {**COMMON, **DETAILS[kind]}
    if name not in known:
        raise ValueError(f"{name} means nothing for {kind}; it takes {', '.join(known)}")
    if not isinstance(value, known[name]) or isinstance(value, bool):
        raise ValueError(f"{name} is of the wrong type")
    if isinstance(value, NUMBER) and value < 0:
        raise ValueError(f"{name} must not be negative")
    if name in CHOICES and value not in CHOICES[name]:
        raise ValueError(f"{name} must be one of {', '.join(CHOICES[name])}")


def _check_error(given: dict[str, Any], kind: str, routes: dict[str, Served]) -> None:
    """The tags of an error must exist in the error type of the one route that the rule is for."""
    if kind == "entry_error":
        _check_entry_error(given, routes)
        return
    error = given.get("error")
    if error is None:
        raise ValueError("error must be given: a path of tags, such as path/insufficient_space")
    if isinstance(error, dict):
        return
    name = given.get("route", "")
    if name not in routes:
        raise ValueError(f"route must be one exact route for an error made of tags, not {name or 'missing'}")
    try:
        build(routes[name].route.error_type, error.split("/"), MADE_UP_FIELDS)
    except UnknownTag as unknown:
        raise ValueError(f"{error} is no error of {name}: {unknown}") from None


def _check_entry_error(given: dict[str, Any], routes: dict[str, Served]) -> None:
    """The tags must exist in what an entry of that one batch route may fail with."""
    name = given.get("route", BATCH_ROUTE)
    served = routes.get(name)
    if served is None or served.entry_error is None:
        batches = (route for route, served in routes.items() if served.entry_error is not None)
        raise ValueError(f"route must be one of {', '.join(batches)}")
    try:
        build(served.entry_error, given.get("error", "").split("/"), MADE_UP_FIELDS)
    except UnknownTag as unknown:
        if "error" in given:
            raise ValueError(f"{given['error']} is no error of an entry of {name}: {unknown}") from None
