"""The page of recent calls, signing in on the first page, and that the new pages hold for axe, themes and phones."""

import re

import pytest
from dropbox.exceptions import ApiError, InternalServerError
from dropbox.files import WriteMode
from playwright.sync_api import expect

from tests.sandbox.conftest import STUDIO
from tests.sandbox_server import REDIRECT_URI


@pytest.fixture
def busy(sandbox, studio):
    """A few calls that went well and a few that did not."""
    studio.files_upload(b"x" * 2000, "/Gala/a.jpg")
    studio.files_upload(b"x" * 2000, "/Gala/a.jpg", mode=WriteMode.overwrite)
    with pytest.raises(ApiError):
        studio.files_get_metadata("/missing")
    sandbox.fault(route="users/*", status=503, times=1, note="a short outage")
    with pytest.raises(InternalServerError):
        studio.users_get_current_account()
    return studio


def test_calls_are_listed_newest_first_with_how_they_went(sandbox, busy, new_page):
    page = new_page(base_url=sandbox.url, javascript=False)
    page.goto("/calls")
    rows = page.locator("li.row")
    expect(rows.nth(0)).to_contain_text("503")
    expect(rows.nth(0)).to_contain_text("on purpose: a short outage")
    expect(rows.nth(1)).to_contain_text("path/not_found")
    expect(rows.nth(2)).to_contain_text(re.compile(r"200\s+files/upload\s+/Gala/a.jpg\s+studio@example.com\s+2.0 KB"))
    page.get_by_role("link", name="Only errors").click()
    expect(rows).to_have_count(2)


def test_calls_of_one_person_are_theirs_alone(sandbox, busy, new_page):
    with sandbox.client("agency@example.com") as agency:
        agency.users_get_space_usage()
    page = new_page(base_url=sandbox.url, javascript=False)
    page.goto("/people/agency@example.com")
    page.get_by_role("link", name="Recent calls").click()
    expect(page.get_by_role("heading", name="Recent calls for Agnes Agnelli")).to_be_visible()
    expect(page.locator("li.row", has_text="users/get_space_usage")).to_have_count(1)
    expect(page.locator("li.row", has_text="studio@")).to_have_count(0)


def test_a_new_call_shows_up_by_itself(sandbox, studio, new_page):
    page = new_page(base_url=sandbox.url)
    page.goto("/calls")
    expect(page.locator("li.row", has_text="users/get_space_usage")).to_have_count(0)
    studio.users_get_space_usage()
    expect(page.locator("li.row", has_text="users/get_space_usage")).to_have_count(1)


def test_a_call_with_a_name_full_of_markup_is_shown_as_text(sandbox, studio, new_page):
    with pytest.raises(ApiError):
        studio.files_get_metadata("/<img src=x onerror=alert(1)>")
    page = new_page(base_url=sandbox.url)
    page.goto("/calls")
    expect(page.get_by_text("/<img src=x onerror=alert(1)>")).to_be_visible()


def test_complaints_are_told_in_a_sentence_and_can_be_forgotten(sandbox, busy, new_page):
    page = new_page(base_url=sandbox.url, javascript=False)
    page.goto("/calls")
    expect(page.get_by_role("heading", name="1 complaint")).to_be_visible()
    expect(page.get_by_text("The bytes sent to /Gala/a.jpg lay there already.")).to_be_visible()
    page.get_by_role("button", name="Forget them").click()
    expect(page.get_by_role("heading", name="No complaints")).to_be_visible()
    assert sandbox.complaints() == []


def test_who_is_signed_in_is_chosen_already_on_the_authorize_page(sandbox, new_page):
    sandbox.add_app(redirect_uris=[REDIRECT_URI])
    page = new_page(base_url=sandbox.url, javascript=False)
    page.goto("/")
    page.get_by_role("button", name="Sign in as Agnes Agnelli").click()
    expect(page.get_by_role("heading", name="Agnes Agnelli")).to_be_visible()
    page.goto(sandbox.authorize_url())
    expect(page.get_by_role("radio", name="Agnes Agnelli")).to_be_checked()
    page.goto("/")
    page.get_by_role("button", name="Sign out Agnes Agnelli").click()
    expect(page.get_by_role("button", name="Sign in as Agnes Agnelli")).to_be_visible()
    page.goto(sandbox.authorize_url())
    expect(page.get_by_role("radio", name="Agnes Agnelli")).not_to_be_checked()


@pytest.mark.parametrize("color_scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
def test_axe_finds_nothing_and_nothing_sticks_out(sandbox, busy, new_page, axe, color_scheme, width):
    sandbox.fault(route="files/upload", path="/Gala/*", status=502, for_seconds=100)
    page = new_page(base_url=sandbox.url, color_scheme=color_scheme, width=width)
    page.goto("/trouble")
    page.get_by_role("button", name="Switch on Storage full").click()
    page.goto("/")
    page.get_by_role("button", name="Sign in as Samir Studer").click()
    for path in (
        "/",
        "/calls",
        "/calls?only=errors",
        f"/calls?person={STUDIO}",
        "/calls?person=agency@example.com&only=errors",
        "/trouble",
        f"/trouble?person={STUDIO}&done=revoke&number=2",
    ):
        page.goto(path)
        assert axe(page) == [], path
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
