"""The sandbox's pages in a browser: files arriving by themselves, previews, connected apps, the authorize page."""

import io
import re

import pytest
import requests
from dropbox.files import WriteMode
from PIL import Image
from playwright.sync_api import expect

from tests.sandbox.conftest import STUDIO
from tests.sandbox_server import REDIRECT_URI

HOME = f"/people/{STUDIO}"
BOOTH = f"{HOME}/files/Apps/Clementine/Gala%20Night"


def picture() -> bytes:
    made = io.BytesIO()
    Image.new("RGB", (60, 40), (200, 120, 40)).save(made, "JPEG")
    return made.getvalue()


@pytest.fixture
def filled(sandbox):
    """A few files of studio@example.com, and the client that put them there."""
    sandbox.add_app(redirect_uris=[REDIRECT_URI])
    with sandbox.client(STUDIO) as client:
        client.files_upload(picture(), "/Gala Night/1 & été.jpg")
        client.files_upload(b"one", "/Gala Night/notes.txt")
        client.files_upload(b"two", "/Gala Night/notes.txt", mode=WriteMode.overwrite)
        yield client


def test_a_person_finds_a_picture_and_its_bytes_without_javascript(sandbox, filled, new_page):
    page = new_page(javascript=False, base_url=sandbox.url)
    page.goto("/")
    expect(page.get_by_text("Nothing here leaves this machine")).to_be_visible()
    page.get_by_role("link", name="Samir Studer").click()
    page.get_by_role("link", name="Apps", exact=True).click()
    page.get_by_role("link", name="Clementine").click()
    page.get_by_role("link", name="Gala Night").click()
    expect(page.locator(".row", has_text="notes.txt")).to_contain_text("2 revisions")
    page.get_by_role("link", name="1 & été.jpg").click()
    preview = page.get_by_role("img", name="1 & été.jpg")
    expect(preview).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("link", name="Download").click()
    assert download.value.suggested_filename == "1 & été.jpg"
    assert download.value.path().read_bytes() == picture()


def test_a_new_file_shows_up_by_itself_and_is_announced(sandbox, filled, new_page):
    page = new_page(base_url=sandbox.url)
    page.goto(HOME)
    expect(page.get_by_role("link", name="notes.txt")).to_be_visible()
    filled.files_upload(picture(), "/Gala Night/new.jpg")
    expect(page.get_by_role("link", name="new.jpg")).to_be_visible()
    expect(page.get_by_role("status")).to_have_text("New: new.jpg")
    filled.files_delete_v2("/Gala Night/new.jpg")
    expect(page.get_by_role("link", name="new.jpg")).to_have_count(0)


def test_the_focus_stays_where_it_is_when_a_file_arrives(sandbox, filled, new_page):
    page = new_page(base_url=sandbox.url)
    page.goto(BOOTH)
    page.get_by_role("link", name="notes.txt").focus()
    filled.files_upload(b"x", "/Gala Night/another.txt")
    expect(page.get_by_role("link", name="another.txt")).to_be_visible()
    expect(page.get_by_role("link", name="notes.txt")).to_be_focused()


def test_every_revision_can_be_downloaded(sandbox, filled, new_page):
    page = new_page(base_url=sandbox.url)
    page.goto(f"{BOOTH}/notes.txt")
    rows = page.locator("[data-id]")
    expect(rows).to_have_count(2)
    contents = []
    for number in range(2):
        with page.expect_download() as download:
            rows.nth(number).get_by_role("link").click()
        contents.append(download.value.path().read_bytes())
    assert contents == [b"two", b"one"]


def test_a_person_disconnects_an_app_and_its_tokens_die(sandbox, filled, new_page):
    page = new_page(base_url=sandbox.url, javascript=False)
    page.goto(f"{HOME}/apps")
    expect(page.get_by_text("/Apps/Clementine")).to_be_visible()
    page.get_by_role("button", name="Disconnect Clementine").click()
    expect(page.get_by_role("status")).to_contain_text("Clementine is disconnected")
    expect(page.get_by_text("No app is connected")).to_be_visible()
    assert sandbox.grants(STUDIO) == []


def test_another_site_cannot_disconnect_an_app(sandbox, filled):
    path = f"{sandbox.url}{HOME}/apps/sandboxappkey01/disconnect"
    assert requests.post(path, headers={"Sec-Fetch-Site": "cross-site"}, timeout=10).status_code == 403
    assert len(sandbox.grants(STUDIO)) == 1


@pytest.mark.parametrize("javascript", [True, False])
def test_allow_and_deny_lead_back_to_the_app(sandbox, new_page, javascript):
    sandbox.add_app(redirect_uris=[f"{sandbox.url}/"])
    page = new_page(javascript=javascript)
    page.goto(sandbox.authorize_url(f"{sandbox.url}/"))
    page.get_by_role("radio", name="Samir Studer").check()
    page.get_by_role("button", name="Allow").click()
    page.wait_for_url(re.compile(r"/\?code=[\w-]+&state=s$"))
    page.goto(sandbox.authorize_url(f"{sandbox.url}/"))
    expect(page.get_by_role("radio", name="Samir Studer")).to_be_checked()
    page.get_by_role("button", name="Deny").click()
    page.wait_for_url(re.compile(r"/\?error=access_denied&"))


def test_what_was_uploaded_as_a_page_is_never_shown_as_one(sandbox, filled):
    filled.files_upload(b"<script>alert(1)</script>", "/Gala Night/evil.html")
    filled.files_upload(b"<svg xmlns='http://www.w3.org/2000/svg'/>", "/Gala Night/evil.svg")
    for name in ("evil.html", "evil.svg"):
        answer = requests.get(f"{sandbox.url}{BOOTH}/{name}".replace("/files/", "/content/"), timeout=10)
        assert answer.headers["content-type"] == "application/octet-stream"
        assert answer.headers["content-disposition"].startswith("attachment")
        assert answer.headers["x-content-type-options"] == "nosniff"


def test_a_large_folder_comes_in_pages(sandbox, filled, new_page):
    for number in range(205):
        filled.files_upload(b"x", f"/Many/{number:03}")
    page = new_page(base_url=sandbox.url, javascript=False)
    page.goto(f"{HOME}/files/Apps/Clementine/Many")
    expect(page.locator("[data-id]")).to_have_count(200)
    page.get_by_role("link", name="Next").click()
    expect(page.get_by_role("link", name="204")).to_be_visible()
    expect(page.get_by_text("Page 2 of 2, 205 items")).to_be_visible()


@pytest.mark.parametrize(
    "path", ["/nowhere", "/people/nobody@example.com", f"{HOME}/files/nowhere", f"{HOME}/content/x"]
)
def test_an_address_that_leads_nowhere_is_a_404_page(sandbox, path):
    answer = requests.get(sandbox.url + path, timeout=10)
    assert answer.status_code == 404
    assert "Nothing here" in answer.text


@pytest.mark.parametrize("color_scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
def test_axe_finds_nothing_and_nothing_sticks_out(sandbox, filled, new_page, axe, color_scheme, width):
    page = new_page(base_url=sandbox.url, color_scheme=color_scheme, width=width, allow=("400",))
    paths = [
        "/",
        HOME,
        BOOTH,
        f"{BOOTH}/1%20%26%20%C3%A9t%C3%A9.jpg",
        "/people/agency@example.com",
        f"{HOME}/apps",
        f"{HOME}/apps?ended=sandboxappkey01",
        sandbox.authorize_url(),
        "/oauth2/authorize?client_id=nobody",
    ]
    for path in paths:
        page.goto(path)
        assert axe(page) == [], path
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
