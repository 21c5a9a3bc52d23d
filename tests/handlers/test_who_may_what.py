"""What people are shown is what they may do: buttons and links by role, forms from elsewhere, people revoked.

Who is answered what on which route is in tests/security (AZ-01, AZ-02).
"""

import html
import re
from typing import Any
from urllib.parse import urljoin

import pytest

from tests.handlers.stage import ORIGIN, Scene, Stage
from tests.security.expectations import PAGE_COLUMNS, PAGES, Row

LOOKS = [row for row in PAGES if row.method == "GET"]


def seen_pages(columns: tuple[str, ...] = PAGE_COLUMNS) -> list[Any]:
    """Every page for everybody who gets to see it."""
    return [
        pytest.param(row, who, id=f"{row}: {who}")
        for row in LOOKS
        for who, status in zip(columns, row.statuses.split(), strict=True)
        if status == "200"
    ]


@pytest.mark.parametrize(("row", "who"), seen_pages())
def test_nobody_sees_a_button_that_they_may_not_use(stage: Stage, scene: Scene, row: Row, who: str):
    page = stage.browser(who).get(stage.fill(scene, row.path)).text
    actions = set(re.findall(r'<form[^>]* action="([^"]+)"', page)) - {"/logout"}
    for action in actions:
        answer = stage.browser(who).post(html.unescape(action))
        assert answer.status_code not in (403, 404, 405), (action, answer.status_code)


@pytest.mark.parametrize(("row", "who"), seen_pages())
def test_nobody_sees_a_link_that_leads_nowhere(stage: Stage, scene: Scene, row: Row, who: str):
    path = stage.fill(scene, row.path)
    for link in set(re.findall(r'<a [^>]*href="([^"#]+)', stage.browser(who).get(path).text)):
        address = urljoin(f"{ORIGIN}{path}", html.unescape(link))
        # The menu lists the workspaces of all tests before this one, too.
        elsewhere = "/workspaces/" in address and scene.workspace.id not in address
        if address.startswith(ORIGIN) and not elsewhere:
            answer = stage.browser(who).get(address)
            assert answer.status_code in (200, 303), (link, answer.status_code)


def test_a_form_from_another_site_does_nothing(stage: Stage, scene: Scene):
    path = f"/workspaces/{scene.workspace.id}"
    for site in ("cross-site", "same-site", "none"):
        answer = stage.browser("owner").post(path, data={"name": "Theirs"}, headers={"sec-fetch-site": site})
        assert answer.status_code == 403
    assert "Studio" in stage.browser("owner").get(path).text


def test_revoked_people_lose_pages_and_api_at_once(stage: Stage):
    stage.db.conn.execute("update access_requests set state = 'revoked' where account_id = 'dbid:stranger'")
    try:
        assert stage.browser("stranger").get("/workspaces").headers["location"].startswith("/login")
        assert stage.client.get("/api/v1/workspaces", headers=stage.bearer("stranger")).status_code == 401
    finally:
        stage.db.conn.execute("update access_requests set state = 'approved' where account_id = 'dbid:stranger'")
