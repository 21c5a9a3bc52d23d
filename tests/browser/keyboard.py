"""Somebody who uses a page without a mouse: Tab until the thing has the focus, then type or press Enter."""

import re

from playwright.sync_api import Page

from tests.running_app import AppProcess

MOST_TABS = 120
# What a screen reader would call the focused thing, about: its label, its aria-label, or its words.
NAME = """() => {
  const it = document.activeElement;
  if (!it || it === document.body) return "";
  const label = it.labels?.length ? it.labels[0].innerText : "";
  return (it.getAttribute("aria-label") || label || it.innerText || it.value || "").trim();
}"""


class Typist:
    """A person at a keyboard, with or without JavaScript in the page."""

    def __init__(self, page: Page, app: AppProcess, email: str) -> None:
        self.page = page
        self.app = app
        self.email = email

    def open(self, path: str) -> None:
        self.page.goto(f"{self.app.origin}{path}")

    def reach(self, name: str, kind: str = "") -> None:
        """Tab to the thing of that name; `kind` is a CSS selector for it where several have the name."""
        for _ in range(MOST_TABS):
            self.page.keyboard.press("Tab")
            found = re.sub(r"\s+", " ", str(self.page.evaluate(NAME)))
            fits = not kind or self.page.evaluate("kind => document.activeElement.matches(kind)", kind)
            if fits and found in (name, f"{name} (optional)"):
                assert self.page.evaluate("() => document.activeElement.matches(':focus-visible')"), name
                return
        raise AssertionError(f"{name} is not reached by Tab on {self.page.url}")

    def press(self, name: str, kind: str = "") -> None:
        """Enter on a button or a link, and wait for the page that follows."""
        self.reach(name, kind)
        with self.page.expect_navigation():
            self.page.keyboard.press("Enter")

    def fill(self, name: str, text: str) -> None:
        self.reach(name)
        self.page.keyboard.press("Control+a")
        self.page.keyboard.type(text)

    def choose(self, name: str, beginning: str) -> None:
        """An option of a select, by typing how it begins."""
        self.reach(name)
        self.page.keyboard.type(beginning)

    def answer_dropbox(self) -> None:
        """On Dropbox's own page, which is not ours to test."""
        self.page.wait_for_url("**/oauth2/authorize**")
        self.page.get_by_text(self.email).first.click()
        self.page.get_by_role("button", name="Allow", exact=True).first.click()
        self.page.wait_for_url(f"{self.app.origin}/**")

    def sign_in(self) -> None:
        self.open("/login")
        self.press("Continue with Dropbox")
        self.answer_dropbox()

    def sees(self, text: str) -> None:
        self.page.get_by_text(text).first.wait_for()
