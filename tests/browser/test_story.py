"""The whole story in a real browser, with the real headers: from an access request to a picture in Dropbox.

With and without JavaScript; the app is killed and started again in the middle.
"""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page

from tests.browser.fixtures import Pages, Scheme
from tests.faults.campaign import block_hash
from tests.pictures import jpeg
from tests.running_app import Api, AppProcess
from tests.sandbox_server import SandboxServer

OWNER = "owner@example.com"
STUDIO = "studio@example.com"
AGENCY = "agency@example.com"
# What the browser itself says of pages that are refusals on purpose.
REFUSED_PAGE = r"status of (403|422)"


@pytest.fixture
def app(tmp_path: Path, sandbox: SandboxServer) -> Iterator[AppProcess]:
    """The app at 127.0.0.1, its Dropbox at localhost: two different sites to the browser, as in real life."""
    process = AppProcess(tmp_path, sandbox)
    process.environment["DROPBOX_URL"] = f"http://localhost:{sandbox.port}"
    process.start()
    yield process
    process.end()


class Person:
    """Somebody in front of a browser of their own."""

    def __init__(self, page: Page, app: AppProcess, email: str) -> None:
        self.page = page
        self.app = app
        self.email = email

    def open(self, path: str) -> None:
        self.page.goto(f"{self.app.origin}{path}")

    def press(self, name: str) -> None:
        self.page.get_by_role("button", name=name, exact=True).first.click()

    def follow(self, name: str) -> None:
        self.page.get_by_role("link", name=name, exact=True).first.click()

    def fill(self, name: str, text: str) -> None:
        self.page.locator(f"input[name={name}]:visible, textarea[name={name}]:visible").first.fill(text)

    def answer_dropbox(self, button: str = "Allow") -> None:
        """On Dropbox's authorize page, as this person."""
        self.page.wait_for_url("**/oauth2/authorize**")
        self.page.get_by_text(self.email).first.click()
        self.press(button)
        self.page.wait_for_url(f"{self.app.origin}/**")

    def sign_in(self) -> None:
        self.open("/login")
        self.press("Continue with Dropbox")
        self.answer_dropbox()

    def sees(self, text: str) -> None:
        self.page.get_by_text(text).first.wait_for()


@pytest.mark.parametrize("javascript", [True, False], ids=["with JavaScript", "without JavaScript"])
def test_from_an_access_request_to_a_picture_in_dropbox(
    app: AppProcess, sandbox: SandboxServer, new_page: Pages, javascript: bool
) -> None:
    owner = Person(new_page(javascript=javascript), app, OWNER)
    studio = Person(new_page(javascript=javascript, allow=(REFUSED_PAGE,)), app, STUDIO)

    gets_access(studio, owner)
    project = sets_up_export(studio)
    app.kill()  # A restart in the middle, as rude as they come.
    app.start()
    finds_the_picture(studio, project, sandbox)


def gets_access(studio: Person, owner: Person) -> None:
    # Too early: a calm refusal that keeps nothing.
    studio.sign_in()
    assert studio.page.url == f"{studio.app.origin}/login/refused"
    studio.sees(STUDIO)

    # The request, and the owner's decision.
    studio.open("/request-access")
    studio.fill("email", "not an address")
    studio.page.locator("form[action='/request-access']").evaluate("form => form.noValidate = true")
    studio.press("Request access")
    assert studio.page.locator("input[name=email]").input_value() == "not an address"
    studio.fill("email", STUDIO)
    studio.fill("message", "Weddings & more")
    studio.press("Request access")
    assert studio.page.url == f"{studio.app.origin}/request-access/sent"
    owner.sign_in()
    owner.page.get_by_role("link", name="Admin").first.wait_for(state="attached")
    owner.open("/admin/requests")
    owner.sees("Weddings & more")
    owner.page.get_by_role("button", name="Approve").first.click()
    owner.sees("approved")


def sets_up_export(studio: Person) -> str:
    """Returns the project's path."""
    studio.sign_in()
    studio.sees("Connect Dropbox")

    # Connecting: Deny first, then Allow.
    studio.press("Connect Dropbox")
    studio.answer_dropbox("Deny")
    studio.sees("Dropbox was not connected")
    studio.press("Connect Dropbox")
    studio.answer_dropbox("Allow")
    studio.sees("Make a project")

    # A project, an experience, export on.
    studio.follow("Make a project")
    studio.fill("name", "Été / Gala")
    studio.press("Create project")
    studio.fill("name", "Photo Booth")
    studio.press("Create experience")
    studio.sees("Photo Booth")
    project = studio.page.url.removeprefix(studio.app.origin).removesuffix("/experiences")
    studio.follow("Connect")
    studio.sees(STUDIO)
    studio.page.get_by_role("switch").click()
    studio.page.locator("[role=switch][aria-checked=true]").wait_for()
    studio.sees("/Apps/Clementine/Été - Gala/Photo Booth/")
    return project


def finds_the_picture(studio: Person, project: str, sandbox: SandboxServer) -> None:
    app = studio.app

    # A picture arrives; nobody does anything; it lies in Dropbox.
    picture = jpeg(7, pad_to=150_000)
    api = Api(app.origin, app.token(STUDIO))
    experience = api.items(f"/projects/{project.rsplit('/', 1)[1]}/experiences")[0]["id"]
    pushed = api.push(experience, "job-1", picture, session="guest 1", created_at="2026-02-11T19:24:03Z")
    api.close()
    assert pushed.status_code == 201, pushed.text
    name = f"2026-02-11_19-24-03_session-{pushed.json()['short_code']}_result.jpg"
    path = f"/Apps/Clementine/Été - Gala/Photo Booth/{name}"
    file = sandbox.wait_for_file(STUDIO, path)
    assert (file["content_hash"], file["revisions"]) == (block_hash(picture), 1)

    # And everybody can see where it is: here, and in Dropbox itself.
    studio.open(f"{project}/results")
    studio.sees("In Dropbox")
    studio.sees(name)
    studio.open(f"{project}/exports")
    studio.sees("Exported")
    studio.page.goto(f"http://localhost:{sandbox.port}/")
    studio.sees(STUDIO)

    # Signing out ends it; the pages are closed again.
    studio.open("/")
    studio.press("Sign out")
    studio.open(project)
    assert studio.page.url.startswith(f"{app.origin}/login")

    # Signing in again: Dropbox knows the person and what they allowed, and sends them back without a page.
    seen: list[str] = []
    studio.page.on("framenavigated", lambda frame: seen.append(frame.url))
    studio.press("Continue with Dropbox")
    studio.page.wait_for_url(f"{app.origin}{project}**")
    assert not [url for url in seen if "oauth2/authorize" in url]


def test_us2_3_without_a_connection_the_switch_is_not_there_and_connecting_returns_to_the_tab(
    app: AppProcess, new_page: Pages
) -> None:
    studio = Person(new_page(), app, STUDIO)
    assert app.command("approve", STUDIO).returncode == 0
    studio.sign_in()
    studio.follow("Make a project")
    studio.fill("name", "Gala")
    studio.press("Create project")
    studio.follow("Connect")
    assert studio.page.get_by_role("switch").count() == 0
    tab = studio.page.url
    studio.press("Connect Dropbox")
    studio.answer_dropbox()
    assert studio.page.url == tab
    studio.page.get_by_role("switch").wait_for()


def test_nothing_but_loopback_is_asked_and_no_secret_is_in_an_address(app: AppProcess, new_page: Pages) -> None:
    studio = Person(new_page(), app, STUDIO)
    asked: list[str] = []
    studio.page.context.on("request", lambda request: asked.append(request.url))
    assert app.command("approve", STUDIO).returncode == 0
    studio.sign_in()
    studio.open("/account")
    assert {url.split("/")[2].split(":")[0] for url in asked} <= {"127.0.0.1", "localhost"}
    kept = {cookie["name"]: cookie["value"] for cookie in studio.page.context.cookies()}
    assert "__Host-device" in kept
    assert not [url for url in asked if kept["__Host-device"] in url or "verifier" in url]


Visit = tuple[str, Callable[[Person], str]]


@pytest.mark.parametrize("color_scheme", ["light", "dark"])
def test_axe_finds_nothing_on_any_page(
    app: AppProcess,
    sandbox: SandboxServer,
    new_page: Pages,
    axe: Callable[[Page], list[str]],
    color_scheme: Scheme,
) -> None:
    """Every page of the product in its usual states; special states are tested beside their own pages."""
    found: dict[str, list[str]] = {}

    def look() -> Page:
        return new_page(color_scheme=color_scheme, allow=(REFUSED_PAGE, r"status of 404"))

    def check(person: Person, *paths: str) -> None:
        for path in paths:
            for width in (1280, 390):
                person.page.set_viewport_size({"width": width, "height": 900})
                person.open(path)
                if lines := axe(person.page):
                    found[f"{path} at {width}"] = lines
                assert person.page.evaluate("document.documentElement.scrollWidth <= innerWidth"), (path, width)

    stranger = Person(look(), app, AGENCY)
    check(stranger, "/", "/request-access", "/login", "/no/such/page", "/api/docs")
    stranger.sign_in()
    check(stranger, "/login/refused")
    stranger.open("/request-access")
    stranger.fill("email", AGENCY)
    stranger.press("Request access")
    check(stranger, "/request-access/sent")

    assert app.command("approve", STUDIO).returncode == 0
    studio = Person(look(), app, STUDIO)
    studio.sign_in()
    api = Api(app.origin, app.token(STUDIO))
    workspace = api.items("/workspaces")[0]["id"]
    project = api.made(f"/workspaces/{workspace}/projects", name="A very long project name " * 3)["id"]
    check(studio, "/", f"/workspaces/{workspace}/integrations", f"/projects/{project}/connect")
    check(studio, f"/projects/{project}/experiences", f"/projects/{project}/results", f"/projects/{project}/exports")
    studio.open("/")
    studio.press("Connect Dropbox")
    studio.answer_dropbox()
    experience = api.made(f"/projects/{project}/experiences", name="Booth")["id"]
    api.call("PUT", f"/projects/{project}/export-settings", json={"enabled": True})
    api.push(experience, "job-1", jpeg(1))
    sandbox.revoke(STUDIO, app="process-app-key")
    api.push(experience, "job-2", jpeg(2))
    api.close()
    check(studio, "/", "/account", "/workspaces", f"/workspaces/{workspace}", f"/workspaces/{workspace}/projects")
    check(studio, f"/workspaces/{workspace}/integrations", f"/projects/{project}/connect")
    check(studio, f"/projects/{project}/experiences", f"/projects/{project}/results", f"/projects/{project}/exports")

    owner = Person(look(), app, OWNER)
    owner.sign_in()
    check(owner, "/admin/requests", "/admin/requests?status=approved", "/admin/people", "/admin/mail")
    assert found == {}
