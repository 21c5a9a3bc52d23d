"""WB-01, SE-06: looking changes nothing, on real things; and what was looked at is gone when one has signed out."""

import pytest
from playwright.sync_api import Page

from store.connect import rows
from tests.browser.fixtures import Pages
from tests.handlers.stage import ORIGIN
from tests.security import expectations
from tests.security.house import House
from tests.security.test_elsewhere import contents
from tests.security.test_stored_xss import served_by

# What a visit may write down: when somebody was last here, and a counter of SQLite's own.
READS = [
    row
    for row in (*expectations.PAGES, *expectations.OWN, *expectations.ADMIN, *expectations.PUBLIC)
    if row.method == "GET"
]


@pytest.mark.parametrize("row", READS, ids=str)
def test_wb_01_looking_at_what_is_there_changes_no_row(house: House, row: expectations.Row):
    house.used_up()
    path = house.path(row.path)
    before = contents(house)
    for who in ("site-owner",) if row.path.startswith("/admin") else ("owner", "viewer", "stranger", "signed out"):
        for method in ("GET", "HEAD", "OPTIONS"):
            house.browser(who).request(method, path)
            house.browser(who).request(method, f"{path}?name=Changed&enabled=off&decision=approve&status=all&q=a")
    assert contents(house) == before
    house.used_up()


@pytest.mark.parametrize("row", [row for row in expectations.API if row.method == "GET"], ids=str)
def test_wb_01_looking_by_the_api_changes_no_row(house: House, row: expectations.Row):
    house.used_up()
    path = house.path(f"/api/v1{row.path}")
    before = contents(house)
    for method in ("GET", "HEAD", "OPTIONS"):
        house.client.request(
            method, path, headers=house.bearer("owner"), params={"name": "Changed", "enabled": "false"}
        )
    assert contents(house) == before
    house.used_up()


def test_se_06_going_back_after_signing_out_shows_nothing(house: House, new_page: Pages):
    """Signed-in pages are `no-store`, so that Chromium asks again, and is sent to sign in."""
    page: Page = new_page(allow=("console error: Failed to load resource",))
    served_by(house, "owner", page)
    scene = house.clean_scene()
    page.goto(f"{ORIGIN}/workspaces/{scene.workspace.id}")
    assert page.get_by_role("heading", name="Studio").first.is_visible()
    page.goto(f"{ORIGIN}/account")
    cookie = dict(house.browser("owner").cookies.items())
    answer = house.browser("owner").post("/logout")
    assert answer.status_code == 303
    try:
        page.go_back(wait_until="commit")
        page.wait_for_load_state()
        assert "Studio" not in page.locator("body").inner_text()
        # The cookie as it was, played back by somebody who kept it.
        for name, value in cookie.items():
            house.browser("owner").cookies.set(name, value)
        assert house.browser("owner").get("/account").headers["location"].startswith("/login")
        assert rows(house.db, "select id from devices where account_id = 'dbid:owner' and user_agent = 'test'") == []
    finally:
        house.sign_in_again("owner")


@pytest.mark.parametrize("row", [row for row in READS if row not in expectations.PUBLIC], ids=str)
def test_se_06_signed_in_pages_are_kept_by_no_cache(house: House, row: expectations.Row):
    who = "site-owner" if row.path.startswith("/admin") else "owner"
    answer = house.browser(who).get(house.path(row.path))
    assert answer.headers["cache-control"] == "no-store"
