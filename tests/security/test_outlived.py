"""SE-07, AZ-07: what was begun with a right ends with it: an upload under way when its token or its person goes."""

from collections.abc import Callable, MutableMapping
from functools import partial
from typing import Any

import pytest

from store.connect import DATABASE_FILE, open_connection, rows
from tests.handlers.api.pushing import files_on_disk
from tests.pictures import jpeg
from tests.security.house import House

BOUNDARY = b"the-boundary"


def push_during(house: House, meanwhile: Callable[[], None]) -> int:
    """The status of a push, in the middle of whose body something happens."""
    picture = jpeg(7)
    parts = (
        b'--%s\r\nContent-Disposition: form-data; name="job_id"\r\n\r\noutlived\r\n' % BOUNDARY,
        b'--%s\r\nContent-Disposition: form-data; name="file"; filename="a.jpg"\r\n\r\n%s' % (BOUNDARY, picture[:300]),
        picture[300:] + b"\r\n--%s--\r\n" % BOUNDARY,
    )
    path = f"/api/v1/experiences/{house.clean_scene().experience.id}/results"
    headers = {
        "host": "clementine.test",
        "content-type": f"multipart/form-data; boundary={BOUNDARY.decode()}",
        **house.bearer("editor"),
    }
    scope: dict[str, Any] = {
        "type": "http",
        "http_version": "1.1",
        "method": "POST",
        "path": path,
        "raw_path": path.encode(),
        "root_path": "",
        "scheme": "https",
        "query_string": b"",
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
        "client": ("203.0.113.1", 1),
        "server": ("clementine.test", 443),
        "state": dict(house.client.app_state),
    }
    left = list(parts)
    statuses: list[int] = []

    async def receive() -> MutableMapping[str, Any]:
        if len(left) == 1:
            meanwhile()
        return {"type": "http.request", "body": left.pop(0), "more_body": bool(left)}

    async def send(message: MutableMapping[str, Any]) -> None:
        if message["type"] == "http.response.start":
            statuses.append(int(message["status"]))

    assert house.client.portal is not None
    house.client.portal.call(partial(house.client.app, scope, receive, send))
    return statuses[0]


def elsewhere(house: House, statement: str) -> None:
    """On a connection of its own: this runs beside the app, in its thread."""
    db = open_connection(house.settings.data_dir / DATABASE_FILE)
    db.conn.execute(statement)
    db.conn.close()


WAYS = {
    "the token is revoked": "update api_tokens set revoked_at = 1 where account_id = 'dbid:editor'",
    "the token expires": "update api_tokens set expires_at = 1 where account_id = 'dbid:editor'",
    "the person is revoked": "update access_requests set state = 'revoked' where account_id = 'dbid:editor'",
}
BACK = (
    "update api_tokens set revoked_at = null, expires_at = null where account_id = 'dbid:editor'",
    "update access_requests set state = 'approved' where account_id = 'dbid:editor'",
)


@pytest.mark.parametrize("way", WAYS)
def test_se_07_an_upload_that_outlives_its_token_is_not_stored(house: House, way: str):
    house.used_up()
    before = files_on_disk(house)

    try:
        assert push_during(house, lambda: elsewhere(house, WAYS[way])) == 401
    finally:
        for statement in BACK:
            house.db.conn.execute(statement)
    assert rows(house.db, "select id from results where job_id = 'outlived'") == []
    assert files_on_disk(house) == before


def test_az_07_an_upload_that_outlives_its_role_is_not_stored(house: House):
    house.used_up()
    project = house.clean_scene().project.id

    demoted = f"update project_members set role = 'viewer' where project_id = '{project}'"
    assert push_during(house, lambda: elsewhere(house, demoted)) == 403
    assert rows(house.db, "select id from results where job_id = 'outlived'") == []
    house.used_up()


def test_an_upload_that_nothing_happens_to_is_stored(house: House):
    house.used_up()
    assert push_during(house, lambda: None) == 201
    house.used_up()
