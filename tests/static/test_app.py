"""What app.js adds to pages that work without it, and that they do work without it."""

import time

from playwright.sync_api import Page, expect

from tests.browser.fixtures import Pages
from tests.static.conftest import Shown
from tests.static.gallery import NOW, PERSON

FALLBACK_ONLY = """
delete HTMLButtonElement.prototype.commandForElement;
addEventListener("command", (event) => event.preventDefault(), true);
"""

PRESS_TWICE = """async (button) => {
  const before = button.offsetWidth;
  button.click();
  await new Promise((done) => setTimeout(done, 50));
  button.click();
  return [before, button.offsetWidth, button.textContent, button.ariaDisabled];
}"""


def the_switch(page: Page):
    return page.locator("#export-switch").get_by_role("switch", name="Export to Dropbox")


def test_an_enhanced_form_changes_its_part_in_place_and_keeps_the_focus(shown: Shown, new_page: Pages) -> None:
    shown.gallery.on = False
    page = new_page(reduced_motion="no-preference")
    page.goto(shown.origin + "/guide")
    the_switch(page).press("Enter")
    expect(the_switch(page)).to_have_attribute("aria-checked", "true")
    expect(the_switch(page)).to_be_focused()
    expect(the_switch(page)).not_to_have_attribute("aria-busy", "true")
    assert page.url == shown.origin + "/guide"


def test_without_javascript_the_same_form_posts_and_comes_back(shown: Shown, new_page: Pages) -> None:
    shown.gallery.on = False
    page = new_page(javascript=False)
    page.goto(shown.origin + "/guide")
    the_switch(page).click()
    expect(page).to_have_url(shown.origin + "/guide")
    expect(the_switch(page)).to_have_attribute("aria-checked", "true")


def test_an_answer_that_is_another_page_is_opened_with_its_toast(shown: Shown, new_page: Pages) -> None:
    page = new_page()
    page.goto(shown.origin + "/guide")
    page.get_by_role("button", name="Go elsewhere").click()
    expect(page).to_have_url(shown.origin + "/elsewhere?flash")
    expect(page.locator("#flash .toast").first).to_have_text("Saved.")


def test_an_error_page_takes_the_place_of_the_page(shown: Shown, new_page: Pages) -> None:
    page = new_page(allow=("status of 403",))
    page.goto(shown.origin + "/guide")
    page.get_by_role("button", name="Be refused").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Not allowed")
    expect(page.locator("main")).to_be_focused()
    assert page.title().startswith("Not allowed")


def test_a_form_that_cannot_be_sent_says_so_beside_it_and_can_be_sent_again(shown: Shown, new_page: Pages) -> None:
    shown.gallery.on = False
    page = new_page(allow=("ERR_INTERNET_DISCONNECTED",))
    page.goto(shown.origin + "/guide")
    page.context.set_offline(True)
    the_switch(page).click()
    expect(page.locator("#export-switch").get_by_role("alert")).to_contain_text("did not reach the server")
    page.context.set_offline(False)
    the_switch(page).click()
    expect(the_switch(page)).to_have_attribute("aria-checked", "true")
    expect(page.get_by_role("alert")).to_have_count(0)


def test_a_pressed_button_is_busy_keeps_its_width_and_is_sent_once(shown: Shown, new_page: Pages) -> None:
    page = new_page()
    page.goto(shown.origin + "/guide")
    posts = shown.gallery.posts
    button = page.locator("form").get_by_role("button", name="Connect Dropbox")
    before, after, label, disabled = button.evaluate(PRESS_TWICE)
    assert (label, disabled) == ("Connecting…", "true")
    assert before == after
    page.wait_for_url("**/door")
    assert shown.gallery.posts == posts + 1


def test_a_page_that_comes_back_from_the_cache_can_be_sent_again(shown: Shown, new_page: Pages) -> None:
    page = new_page()
    page.goto(shown.origin + "/guide")
    page.evaluate("addEventListener('submit', () => setTimeout(() => stop(), 50))")
    page.locator("form").get_by_role("button", name="Connect Dropbox").dispatch_event("click")
    expect(page.locator("form[data-sending]")).to_have_count(1)
    page.evaluate("dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }))")
    expect(page.locator("form[data-sending]")).to_have_count(0)
    expect(page.locator("form").get_by_role("button", name="Connect Dropbox")).to_be_enabled()


def test_copying_takes_the_whole_path_and_says_so(shown: Shown, new_page: Pages) -> None:
    page = new_page(permissions=["clipboard-read", "clipboard-write"])
    page.goto(shown.origin + "/guide")
    page.get_by_role("button", name="Copy path").last.click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == "/Apps/Clementine/Gala/Photo booth/"


def test_without_javascript_there_is_no_copy_button(shown: Shown, new_page: Pages) -> None:
    page = new_page(javascript=False)
    page.goto(shown.origin + "/guide")
    expect(page.get_by_role("button", name="Copy path")).to_have_count(0)


def test_times_are_told_relatively_with_the_absolute_one_as_title(shown: Shown, new_page: Pages) -> None:
    page = new_page()
    page.clock.set_fixed_time((NOW + 5 * 60_000) / 1000)
    page.goto(shown.origin + "/guide")
    told = page.locator("time").first
    expect(told).to_have_text("5 minutes ago")
    expect(told).to_have_attribute("title", "20 Nov 2026, 09:14 UTC")
    page.clock.set_fixed_time((NOW - 3 * 3_600_000) / 1000)
    page.reload()
    expect(told).to_have_text("in 3 hours")
    page.clock.set_fixed_time((NOW + 9 * 86_400_000) / 1000)
    page.reload()
    expect(told).to_have_text("20 Nov 2026, 09:14 UTC")


def test_a_toast_leaves_after_six_seconds_unless_it_is_looked_at(shown: Shown, new_page: Pages) -> None:
    page = new_page()
    page.clock.install()
    page.goto(shown.origin + "/guide?flash")
    toast = page.locator("#flash .toast")
    toast.hover()
    page.clock.run_for(10_000)
    expect(toast).to_be_visible()
    page.mouse.move(0, 0)
    page.clock.run_for(10_000)
    expect(toast).to_have_count(0)
    expect(page.get_by_role("heading", name="Dropbox refused the file.")).to_be_visible()


def test_a_dialog_takes_the_focus_and_gives_it_back(shown: Shown, new_page: Pages) -> None:
    for script in ("", FALLBACK_ONLY):
        page = new_page()
        page.add_init_script(script)
        page.goto(shown.origin + "/guide")
        opener = page.get_by_role("button", name="Disconnect Dropbox")
        opener.press("Enter")
        dialog = page.get_by_role("dialog", name="Disconnect Dropbox from Northlight Studio?")
        expect(dialog).to_be_visible()
        page.keyboard.press("Escape")
        expect(dialog).to_be_hidden()
        expect(opener).to_be_focused()
        opener.press("Enter")
        dialog.get_by_role("button", name="Keep it connected").click()
        expect(dialog).to_be_hidden()


def test_on_a_phone_the_menu_opens_without_javascript(shown: Shown, new_page: Pages) -> None:
    page = new_page(width=390, javascript=False)
    page.goto(shown.origin + "/guide")
    account = page.get_by_role("link", name=PERSON.email)
    expect(account).to_be_hidden()
    page.get_by_role("button", name="Menu").click()
    expect(account).to_be_visible()
    expect(page.get_by_role("link", name="Admin 3 access requests wait")).to_be_visible()


def test_of_many_workspaces_the_current_one_is_always_in_sight(shown: Shown, new_page: Pages) -> None:
    page = new_page(javascript=False)
    page.goto(shown.origin + "/crowded")
    expect(page.get_by_role("link", name="Studio 11")).to_be_visible()
    page.goto(shown.origin + "/guide")
    expect(page.get_by_role("link", name="Integrations")).to_be_visible()
    expect(page.locator("nav details")).to_have_count(0)


def test_the_first_tab_stop_skips_to_the_content(shown: Shown, new_page: Pages) -> None:
    page = new_page()
    page.goto(shown.origin + "/door")
    page.keyboard.press("Tab")
    skip = page.get_by_role("link", name="Skip to content")
    expect(skip).to_be_focused()
    expect(skip).to_be_in_viewport()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()


def test_the_first_field_with_an_error_has_the_focus(shown: Shown, new_page: Pages) -> None:
    page = new_page(javascript=False)
    page.goto(shown.origin + "/guide")
    field = page.get_by_label("E-mail address")
    deadline = time.monotonic() + 5
    while page.evaluate("document.activeElement.id") != "field-email" and time.monotonic() < deadline:
        time.sleep(0.05)
    expect(field).to_be_focused()
    expect(field).to_have_accessible_description(
        "Type a whole address, such as jane@example.com. The one you use with Dropbox."
    )
