"""The header `Dropbox-API-Path-Root`: personal accounts have one namespace, so it may name that and nothing else."""

from dropbox import common
from starlette.requests import Request

from sandbox.people import Person
from sandbox.refusals import summary
from sandbox.stone_json import Invalid, decode
from sandbox.wire import Answer, BadCall, json_answer, parse

HEADER = "dropbox-api-path-root"


def check_path_root(request: Request, person: Person) -> Answer | None:
    """None when the header is absent or names the person's own namespace; else the 422 that Dropbox gives."""
    given = request.headers.get(HEADER)
    if given is None:
        return None
    place = 'HTTP header "Dropbox-API-Path-Root"'
    try:
        root = decode(common.PathRoot_validator, parse(given, place))
    except Invalid as invalid:
        raise BadCall(f"{place}: {invalid}") from None
    own = str(person.namespace)
    if root.is_home() or (root.is_root() and root.get_root() == own):
        return None
    if root.is_namespace_id():
        return None if root.get_namespace_id() == own else json_answer(422, _error({".tag": "no_permission"}))
    info = {".tag": "user", "root_namespace_id": own, "home_namespace_id": own}
    return json_answer(422, _error({".tag": "invalid_root", "invalid_root": info}))


def _error(error: dict[str, object]) -> dict[str, object]:
    return {"error_summary": summary(str(error[".tag"])), "error": error}
