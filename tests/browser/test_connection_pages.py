"""Connection and export in a real browser: every special state to axe, and what JavaScript must not be needed for."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from store.connect import DATABASE_FILE, immediate, open_connection, rows
from tests.browser.fixtures import Pages, Scheme
from tests.cast import AGENCY, STUDIO, now_ms
from tests.pictures import jpeg
from tests.running_app import Api, AppProcess
from tests.sandbox_server import SandboxServer

PAUSES = ("rate_limited", "unavailable", "insufficient_space", "not_permitted")
BOTH = pytest.mark.parametrize("javascript", [True, False], ids=["with JavaScript", "without JavaScript"])


@pytest.fixture
def app(tmp_path: Path, sandbox: SandboxServer) -> Iterator[AppProcess]:
    """The app at 127.0.0.1, its Dropbox at localhost; studio@example.com is approved."""
    process = AppProcess(tmp_path, sandbox)
    process.environment["DROPBOX_URL"] = f"http://localhost:{sandbox.port}"
    process.start()
    assert process.command("approve", STUDIO).returncode == 0
    yield process
    process.end()


class Desk:
    """The studio's owner in front of a browser, with a project that has an experience."""

    def __init__(self, page: Page, app: AppProcess) -> None:
        self.page = page
        self.app = app
        self.open("/login")
        self.press("Continue with Dropbox")
        self.allow()
        self.api = Api(app.origin, app.token(STUDIO))
        workspace = self.api.items("/workspaces")[0]["id"]
        self.project = self.api.made(f"/workspaces/{workspace}/projects", name="Gala")["id"]
        self.experience = self.api.made(f"/projects/{self.project}/experiences", name="Booth")["id"]
        self.workspace = f"/workspaces/{workspace}"
        self.tab = f"/projects/{self.project}/connect"
        self.pages = (f"{self.workspace}/integrations", self.tab, *self.lists)

    @property
    def lists(self) -> tuple[str, str]:
        return f"/projects/{self.project}/exports", f"/projects/{self.project}/results"

    def open(self, path: str) -> None:
        self.page.goto(f"{self.app.origin}{path}")

    def press(self, name: str) -> None:
        self.page.get_by_role("button", name=name, exact=True).first.click()

    def allow(self, email: str = STUDIO) -> None:
        """On Dropbox's page, which asks whoever has not allowed as much before."""
        self.page.wait_for_url("**/oauth2/authorize**")
        self.page.get_by_text(email).first.click()
        self.press("Allow")
        self.page.wait_for_url(f"{self.app.origin}/**")

    def connect(self) -> None:
        self.open(self.tab)
        self.press("Connect Dropbox")
        self.allow()

    def push(self, job_id: str) -> None:
        assert self.api.push(self.experience, job_id, jpeg(len(job_id))).status_code == 201

    def sql(self, statement: str, **values: object) -> None:
        db = open_connection(self.app.data_dir / DATABASE_FILE)
        with immediate(db):
            db.conn.execute(statement, values)
        db.conn.close()

    def status(self) -> object:
        db = open_connection(self.app.data_dir / DATABASE_FILE)
        found = rows(db, "select status from connections")
        db.conn.close()
        return found[0]["status"]


@pytest.mark.parametrize("color_scheme", ["light", "dark"])
def test_axe_finds_nothing_in_any_state(
    app: AppProcess, new_page: Pages, axe: Callable[[Page], list[str]], color_scheme: Scheme
) -> None:
    desk = Desk(new_page(color_scheme=color_scheme, width=390 if color_scheme == "dark" else 1280), app)
    found: dict[str, list[str]] = {}

    def check(state: str, *paths: str) -> None:
        for path in paths:
            desk.open(path)
            desk.page.evaluate("document.querySelectorAll('details').forEach((each) => each.open = true)")
            if lines := axe(desk.page):
                found[f"{state}: {path}"] = lines
            assert desk.page.evaluate("document.documentElement.scrollWidth <= innerWidth"), (state, path)

    check("never", *desk.pages)
    desk.connect()
    check("off", *desk.pages)
    desk.open(desk.tab)
    desk.page.get_by_role("switch").click()
    expect(desk.page.get_by_role("switch")).to_be_checked()
    desk.push("job-1")
    check("on", *desk.pages)
    desk.open(desk.tab)
    desk.press("Disconnect")
    if lines := axe(desk.page):
        found["the question before disconnecting"] = lines
    for reason in PAUSES:
        desk.sql(
            "update connections set pause_reason = :reason, paused_at = :now, paused_until = :now + 600000",
            reason=reason,
            now=now_ms(),
        )
        desk.push(f"job-{reason}")
        check(reason, desk.tab)
    check("waiting", *desk.lists)
    desk.sql("update export_settings set paused_reason = 'folder_gone', paused_at = 1")
    check("folder gone", desk.tab)
    desk.sql("update connections set status = 'needs_reauth', lost_at = :now", now=now_ms())
    check("lost", *desk.pages)
    desk.open(desk.tab)
    desk.press("Disconnect")
    desk.press("Disconnect Dropbox")
    desk.page.get_by_role("button", name="Connect Dropbox").wait_for()
    check("disconnected", *desk.pages)
    desk.api.close()
    assert found == {}


@BOTH
def test_disconnecting_asks_first_and_can_be_called_off(app: AppProcess, new_page: Pages, javascript: bool) -> None:
    desk = Desk(new_page(javascript=javascript), app)
    desk.connect()
    desk.press("Disconnect")
    dialog = desk.page.get_by_role("dialog", name="Disconnect Dropbox?")
    expect(dialog).to_contain_text("Files that are already in Dropbox stay there.")
    dialog.get_by_role("button", name="Cancel").click()
    expect(dialog).to_be_hidden()
    assert desk.status() == "connected"
    desk.press("Disconnect")
    dialog.get_by_role("button", name="Disconnect Dropbox").click()
    desk.page.get_by_role("button", name="Connect Dropbox").wait_for()
    assert desk.page.url == f"{app.origin}{desk.tab}"
    assert desk.status() == "disconnected"
    desk.api.close()


@BOTH
def test_another_dropbox_is_asked_about_before_it_takes_over(
    app: AppProcess, new_page: Pages, javascript: bool
) -> None:
    desk = Desk(new_page(javascript=javascript), app)
    desk.connect()
    desk.open(f"{desk.workspace}/integrations")
    desk.press("Change account")
    desk.allow(AGENCY)
    expect(desk.page.get_by_role("heading", level=1)).to_have_text("Use another Dropbox account?")
    desk.press(f"Use {AGENCY}")
    desk.page.wait_for_url(f"{app.origin}{desk.workspace}/integrations")
    expect(desk.page.get_by_role("main")).to_contain_text(AGENCY)
    desk.api.close()


def test_the_switch_turns_in_place_and_says_so(app: AppProcess, new_page: Pages) -> None:
    desk = Desk(new_page(), app)
    desk.connect()
    desk.page.evaluate("window.stayed = true")
    switch = desk.page.get_by_role("switch", name="Export to Dropbox")
    for checked, told in ((True, "Export to Dropbox is on."), (False, "Export to Dropbox is off.")):
        switch.click()
        expect(switch).to_be_checked(checked=checked)
        expect(switch).to_be_focused()
        desk.page.get_by_role("status").get_by_text(told).wait_for()
    assert desk.page.evaluate("window.stayed") is True
    desk.api.close()
