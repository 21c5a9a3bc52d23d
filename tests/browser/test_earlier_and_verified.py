"""Earlier, verified and fetched results in a real browser: each state to axe, on wide and narrow screens."""

import time
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.fixtures import Pages, Scheme
from tests.browser.test_connection_pages import Desk, app
from tests.running_app import AppProcess

__all__ = ["app"]

URL = "https://pictures.invalid/8F3K.jpg"


def settled(desk: Desk, path: str, text: str) -> None:
    """Reload the page until it says so."""
    limit = time.monotonic() + 20
    desk.open(path)
    while text not in desk.page.get_by_role("main").inner_text():
        assert time.monotonic() < limit, desk.page.get_by_role("main").inner_text()
        time.sleep(0.3)
        desk.open(path)


@pytest.mark.parametrize("color_scheme", ["light", "dark"])
def test_axe_finds_nothing_in_any_state_of_what_is_sent_after_all_and_looked_at_again(
    app: AppProcess,
    new_page: Pages,
    axe: Callable[[Page], list[str]],
    color_scheme: Scheme,
) -> None:
    desk = Desk(new_page(color_scheme=color_scheme, width=390 if color_scheme == "dark" else 1280), app)
    verification = f"/projects/{desk.project}/verification"
    found: dict[str, list[str]] = {}

    def check(state: str, *paths: str) -> None:
        for path in paths:
            desk.open(path)
            if lines := axe(desk.page):
                found[f"{state}: {path}"] = lines
            assert desk.page.evaluate("document.documentElement.scrollWidth <= innerWidth"), (state, path)

    for number in range(3):
        desk.push(f"job-{number}")
    named = {"job_id": "by-url", "artifacts": [{"url": URL}]}
    assert desk.api.call("POST", f"/experiences/{desk.experience}/results", json=named).status_code == 202
    check("fetching", desk.lists[1])
    desk.sql("update artifacts set state = 'failed' where state = 'fetching'")
    check("not fetched", desk.lists[1])
    desk.connect()
    desk.page.get_by_role("switch").click()
    expect(desk.page.get_by_role("button", name="Export 3 earlier results")).to_be_visible()
    check("offered", desk.tab)
    desk.press("Export 3 earlier results")
    settled(desk, desk.tab, "3 of 3 earlier files are in Dropbox.")
    desk.sql(
        "update exports set earlier_id = earlier_id, state = 'waiting', finished_at = null, due_at = :due", due=2**52
    )
    check("under way", desk.tab)
    desk.sql("update exports set state = 'exported', finished_at = 1")
    check("sent", desk.tab, verification)
    desk.press("Verify in Dropbox")
    settled(desk, verification, "3 of 3 verified")
    check("verified", verification, desk.tab)
    desk.sql("update seen_files set content_hash = 'other' where path_key = (select min(path_key) from seen_files)")
    desk.sql("delete from seen_files where path_key = (select max(path_key) from seen_files)")
    desk.press("Verify in Dropbox")
    settled(desk, verification, "1 of 3 verified")
    assert desk.page.get_by_role("button", name="Export again").count() == 2
    check("missing and changed", desk.tab, verification)
    desk.press("Export again")
    expect(desk.page.get_by_text("Asked for again.")).to_have_count(1)
    check("asked for again", verification)
    desk.sql("update verifications set state = 'failed', error_kind = 'needs_reauth'")
    check("failed", verification, desk.tab)
    desk.sql(
        "update verifications set state = 'waiting', due_at = :due, finished_at = null, reason = 'asked'", due=2**52
    )
    check("waiting", verification, desk.tab)
    desk.api.close()
    assert found == {}
