"""People, tenants and one's account in a real browser: the whole story by keyboard, and every page under axe."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page

from rules.tokens import token_digest
from store.connect import DATABASE_FILE, Db, immediate, open_connection, rows
from tests.browser.fixtures import Pages, Scheme
from tests.browser.keyboard import Typist
from tests.cast import now_ms
from tests.running_app import Api, AppProcess
from tests.sandbox_server import SandboxServer

OWNER = "owner@example.com"
STUDIO = "studio@example.com"
AGENCY = "agency@example.com"
HOUR_MS = 3_600_000
# What the browser itself says of pages that are refusals on purpose.
REFUSED_PAGE = r"status of (404|410|422)"


@pytest.fixture
def app(tmp_path: Path, sandbox: SandboxServer) -> Iterator[AppProcess]:
    """The app at 127.0.0.1, its Dropbox at localhost: two different sites to the browser, as in real life."""
    process = AppProcess(tmp_path, sandbox)
    process.environment["DROPBOX_URL"] = f"http://localhost:{sandbox.port}"
    process.start()
    yield process
    process.end()


@pytest.fixture
def db(app: AppProcess) -> Iterator[Db]:
    """A connection of one's own to the running app's database."""
    connection = open_connection(app.data_dir / DATABASE_FILE)
    yield connection
    connection.conn.close()


def age(db: Db) -> None:
    """Let everybody have signed in an hour ago."""
    with immediate(db):
        db.conn.execute("update devices set created_at = :at", {"at": now_ms() - HOUR_MS})


def link_from_admin(page: Page, app: AppProcess, email: str) -> str:
    """The path of the newest invitation's link, copied from Admin → Mail as the site owner would."""
    page.goto(f"{app.origin}/admin/mail")
    row = page.locator("li", has_text=f"To {email}").filter(has_text="invites you").first
    row.locator("summary").click()
    found = re.search(r"/invitations/[\w-]{43}", row.locator("pre").inner_text())
    assert found
    return found.group()


def is_invited_and_joins(studio: Typist, agency: Typist, owner: Typist, path: str) -> None:
    """By mail, which the site owner passes on, and by its link."""
    studio.open(path)
    studio.press("Members")
    studio.fill("E-mail address", "agnes@work.example")
    studio.choose("Role", "Member")
    studio.choose("Gala", "Viewer")
    studio.press("Send invitation")
    studio.sees("Gala (viewer)")
    agency.open(link_from_admin(owner.page, owner.app, "agnes@work.example"))
    agency.sees("Samir Studer (studio@example.com) invites you")
    agency.press("Continue with Dropbox")
    agency.answer_dropbox()
    assert agency.page.url == f"{agency.app.origin}{path}"
    agency.press("Gala", "a.row-link")
    agency.sees("as soon as an editor")


@pytest.mark.parametrize("javascript", [True, False], ids=["with JavaScript", "without JavaScript"])
def test_a_workspace_from_invitation_to_deletion_without_a_mouse(
    app: AppProcess, db: Db, new_page: Pages, javascript: bool
) -> None:
    studio = Typist(new_page(javascript=javascript), app, STUDIO)
    agency = Typist(new_page(javascript=javascript), app, AGENCY)
    for email in (STUDIO, AGENCY):
        assert app.command("approve", email).returncode == 0
    studio.sign_in()
    workspace = str(rows(db, "select id from workspaces")[0]["id"])
    path = f"/workspaces/{workspace}"
    api = Api(app.origin, app.token(STUDIO))
    project = api.made(f"{path}/projects", name="Gala")["id"]
    api.close()

    owner = Typist(new_page(), app, OWNER)
    owner.sign_in()
    is_invited_and_joins(studio, agency, owner, path)

    # A role in the project, a role in the workspace, and the workspace itself.
    studio.open(f"/projects/{project}/members")
    studio.choose("Role of Agnes Agnelli", "Editor")
    studio.press("Save the role of Agnes Agnelli")
    studio.open(f"{path}/members")
    studio.choose("Role of Agnes Agnelli", "Admin")
    studio.press("Save the role of Agnes Agnelli")
    studio.sees("The role is changed.")
    studio.open(path)
    studio.press("Hand on…")
    studio.choose("New owner", "Agnes")
    studio.press("Hand the workspace on")
    studio.sees("You are an admin of it now.")
    studio.press("Leave…")
    studio.press("Leave workspace")
    studio.sees("You have left")

    # Deleting asks for a fresh sign-in first, and comes back to the act.
    age(db)
    agency.open(path)
    agency.press("Delete…")
    agency.sees("Sign in again to go on")
    agency.press("Continue with Dropbox")
    agency.answer_dropbox()
    assert agency.page.url == f"{app.origin}{path}/delete"
    agency.fill("Name of the workspace", "Samir Studer's workspace")
    agency.press("Delete workspace")
    agency.sees("is deleted. Files in Dropbox stay.")


@pytest.mark.parametrize("javascript", [True, False], ids=["with JavaScript", "without JavaScript"])
def test_ones_account_from_a_token_to_its_deletion_without_a_mouse(
    app: AppProcess, db: Db, new_page: Pages, javascript: bool
) -> None:
    studio = Typist(new_page(javascript=javascript, allow=(REFUSED_PAGE,)), app, STUDIO)
    assert app.command("approve", STUDIO).returncode == 0
    studio.sign_in()
    studio.open("/account")
    studio.press("API tokens")
    studio.press("Make a token")
    studio.fill("Name", "Booth in the lobby")
    studio.choose("When it ends", "In 30")
    studio.press("Make the token")
    token = studio.page.locator("pre").inner_text().strip()
    kept = rows(
        db,
        "select name, expires_at - created_at as lives from api_tokens where token_hash = :hash",
        hash=token_digest(token),
    )
    assert kept == [{"name": "Booth in the lobby", "lives": 30 * 24 * HOUR_MS}]
    studio.press("I have copied it")
    assert token not in studio.page.content()
    studio.press("Revoke the token Booth in the lobby")
    studio.sees("The token Booth in the lobby is revoked.")

    studio.press("What is stored")
    studio.sees("What is stored about you")
    studio.press("Delete account…")
    studio.fill("Your e-mail address", "somebody@example.com")
    studio.press("Delete account")
    studio.sees(f"Type {STUDIO}, the address of your account.")
    studio.fill("Your e-mail address", STUDIO)
    studio.press("Delete account")
    studio.sees("Your account is deleted.")
    studio.open("/account")
    assert studio.page.url.startswith(f"{app.origin}/login")
    assert rows(db, "select id from accounts where email = :email", email=STUDIO) == []


class Tour:
    """Every page about people and accounts in its states, for whoever wants to look at them."""

    def __init__(self, app: AppProcess, db: Db, look: Callable[[], Page]) -> None:
        self.app = app
        self.db = db
        self.look = look

    def walk(self) -> Iterator[tuple[str, Page]]:
        """Name and page, one after another; the page stays as it is until the next one is asked for."""
        for email in (STUDIO, AGENCY):
            assert self.app.command("approve", email).returncode == 0
        studio = self._signed_in(STUDIO)
        workspace = str(rows(self.db, "select id from workspaces")[0]["id"])
        home = f"/workspaces/{workspace}"
        yield from self._alone(studio, home)
        agency = self._signed_in(AGENCY)
        assert self.app.command("member", "set", AGENCY, "--workspace", workspace, "--role", "member").returncode == 0
        api = Api(self.app.origin, self.app.token(STUDIO))
        project = api.made(f"{home}/projects", name="A very long project name " * 3)["id"]
        api.close()
        yield from self._people(studio, home, project, self._account_id(AGENCY))
        yield from self._invited(studio, agency, home)
        yield from self._dropbox(studio, home)
        yield from self._account(studio, project)
        yield from self._again(studio, home)

    def _alone(self, studio: Typist, home: str) -> Iterator[tuple[str, Page]]:
        yield from self._at(studio, "alone", home, f"{home}/members", f"{home}/leave", f"{home}/transfer")
        yield from self._at(studio, "alone", "/account/delete", "/account/tokens")

    def _people(self, studio: Typist, home: str, project: str, other: str) -> Iterator[tuple[str, Page]]:
        for email, role in (
            ("new@example.com", "admin"),
            ("late@example.com", "member"),
            ("void@example.com", "member"),
        ):
            self._invite(studio, home, email, role)
        with immediate(self.db):
            self.db.conn.execute("update invitations set expires_at = 1 where email = 'late@example.com'")
            self.db.conn.execute(
                "update invitations set invited_by = :other where email = 'void@example.com'", {"other": other}
            )
        yield from self._at(studio, "people", f"{home}/members", f"{home}/members?q=nobody", home)
        yield from self._at(studio, "people", f"{home}/members/{other}/remove", f"/projects/{project}/members")
        yield from self._at(studio, "people", f"{home}/leave", f"{home}/transfer", f"{home}/delete", "/account/delete")
        studio.open(f"{home}/members")
        studio.page.locator("input[name=email]").fill("x")
        studio.page.locator("form[action$=invitations]").first.evaluate("form => form.noValidate = true")
        studio.page.get_by_role("button", name="Send invitation").click()
        yield "people: a refused invitation", studio.page
        owner = self._signed_in(OWNER)
        yield from self._at(owner, "site owner", "/admin/invitations", "/account/delete")
        owner.page.goto(f"{self.app.origin}/admin/invitations")
        owner.page.get_by_role("switch").click()
        yield "site owner: invited people let in", owner.page

    def _invited(self, studio: Typist, agency: Typist, home: str) -> Iterator[tuple[str, Page]]:
        owner = self._signed_in(OWNER)
        link = link_from_admin(owner.page, self.app, "new@example.com")
        stranger = Typist(self.look(), self.app, AGENCY)
        yield from self._at(stranger, "signed out", link)
        yield from self._at(agency, "a member", link, f"{home}/members", f"{home}/leave", "/account/delete")
        with immediate(self.db):
            self.db.conn.execute(
                "update invitations set state = 'withdrawn', ended_at = 1 where email = 'new@example.com'"
            )
        yield from self._at(stranger, "a withdrawn invitation", link)

    def _dropbox(self, studio: Typist, home: str) -> Iterator[tuple[str, Page]]:
        studio.open(f"{home}/integrations")
        studio.press("Connect Dropbox")
        studio.answer_dropbox()
        yield from self._at(studio, "connected", f"{home}/dropbox/disconnect", f"{home}/delete")

    def _account(self, studio: Typist, project: str) -> Iterator[tuple[str, Page]]:
        yield from self._at(studio, "account", "/account", f"/account/tokens/new?project={project}")
        for name in ("", "Booth", "Kiosk"):
            studio.open("/account/tokens/new")
            studio.page.locator("input[name=name]").evaluate("field => field.required = false")
            studio.page.locator("input[name=name]").fill(name)
            studio.page.get_by_role("button", name="Make the token").click()
            studio.page.wait_for_load_state()
            yield f"account: a token {name or 'refused'}", studio.page
        with immediate(self.db):
            self.db.conn.execute("update api_tokens set expires_at = 1 where name = 'Booth'")
        yield from self._at(studio, "account", "/account/tokens", "/account/data")

    def _again(self, studio: Typist, home: str) -> Iterator[tuple[str, Page]]:
        age(self.db)
        yield from self._at(studio, "an hour later", f"{home}/delete")

    def _at(self, who: Typist, when: str, *paths: str) -> Iterator[tuple[str, Page]]:
        for path in paths:
            who.open(path)
            yield f"{when}: {path}", who.page

    def _signed_in(self, email: str) -> Typist:
        person = Typist(self.look(), self.app, email)
        person.page.goto(f"{self.app.origin}/login")
        person.page.get_by_role("button", name="Continue with Dropbox").click()
        person.answer_dropbox()
        return person

    def _invite(self, who: Typist, home: str, email: str, role: str) -> None:
        who.open(f"{home}/members")
        who.page.locator("input[name=email]").fill(email)
        who.page.locator("#field-role").select_option(role)
        who.page.get_by_role("button", name="Send invitation").click()
        who.sees(email)

    def _account_id(self, email: str) -> str:
        return str(rows(self.db, "select id from accounts where email = :email", email=email)[0]["id"])


@pytest.mark.parametrize("color_scheme", ["light", "dark"])
def test_axe_finds_nothing_on_any_page_about_people(
    app: AppProcess, db: Db, new_page: Pages, axe: Callable[[Page], list[str]], color_scheme: Scheme
) -> None:
    found: dict[str, list[str]] = {}
    seen = 0
    for name, page in Tour(app, db, lambda: new_page(color_scheme=color_scheme, allow=(REFUSED_PAGE,))).walk():
        seen += 1
        for width in (1280, 390):
            page.set_viewport_size({"width": width, "height": 900})
            if lines := axe(page):
                found[f"{name} at {width}"] = lines
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), (name, width)
        page.set_viewport_size({"width": 1280, "height": 900})
    assert found == {}
    assert seen > 30
