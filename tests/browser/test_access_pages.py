"""Asking, deciding, claiming and revoking in a real browser: by keyboard alone, with and without JavaScript; axe."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest
from playwright.sync_api import Page

from store.connect import DATABASE_FILE, Db, open_connection
from tests.browser.fixtures import Pages, Scheme
from tests.browser.test_story import AGENCY, OWNER, STUDIO, Person
from tests.browser.test_story import app as app
from tests.running_app import AppProcess
from tests.sandbox_server import SandboxServer

WORK = "samir@work.example"  # Whose Dropbox has another address: studio@example.com.
# What the browser itself says of pages that are refusals on purpose.
SAID_ON_PURPOSE = r"status of (403|404|409|410|422)"
NAME_OF_FOCUS = """() => {
  const at = document.activeElement;
  return (at.getAttribute("aria-label") ?? at.labels?.[0]?.innerText ?? at.innerText ?? "").trim();
}"""


def reach(page: Page, name: str) -> None:
    """Press Tab until the focus is on what goes by this name; it must be visible there."""
    for _ in range(120):
        page.keyboard.press("Tab")
        if re.match(name, page.evaluate(NAME_OF_FOCUS)):
            assert page.locator(":focus").is_visible()
            return
    raise AssertionError(f"{name} is not reached by Tab on {page.url}")


def press(page: Page, name: str, key: str = "Enter") -> None:
    reach(page, name)
    page.keyboard.press(key)
    page.wait_for_load_state()


def write(page: Page, name: str, text: str) -> None:
    reach(page, name)
    page.keyboard.type(text)


def asks(somebody: Person, email: str, name: str = "", message: str = "") -> None:
    somebody.open("/request-access")
    for label, text in (("E-mail address", email), ("Your name", name), ("Message", message)):
        if text:
            write(somebody.page, label, text)
    press(somebody.page, "Request access$")
    somebody.sees(f"We have your request for {email}")


def mailed(app: AppProcess, owner: Person, about: str, kind: str) -> str:
    """The path of a link in a mail that is kept in Admin → Mail."""
    owner.open("/admin/mail")
    texts = [text for text in owner.page.locator("pre").all_text_contents() if about in text]
    found = next(match for text in texts if (match := re.search(rf"{app.origin}(/{kind}/\S+)", text)))
    return found.group(1)


@pytest.mark.parametrize("javascript", [True, False], ids=["with JavaScript", "without JavaScript"])
def test_the_owners_and_the_applicants_whole_stories_by_keyboard_alone(
    app: AppProcess, new_page: Pages, javascript: bool
) -> None:
    owner = Person(new_page(javascript=javascript, allow=(SAID_ON_PURPOSE,)), app, OWNER)
    owner.sign_in()
    samir = Person(new_page(javascript=javascript, allow=(SAID_ON_PURPOSE,)), app, STUDIO)
    asks(samir, WORK, "Samir", "Weddings & more")
    for name in ("ada", "bob"):
        asks(samir, f"{name}@example.com")

    decides_about_many(owner)
    decides_by_mail(app, owner, samir)
    claims(app, owner, samir)
    revokes(owner, samir)


def decides_about_many(owner: Person) -> None:
    """Two at once, taken back; then one is denied with words for them."""
    page = owner.page
    owner.open("/admin/requests")
    for name in ("ada", "bob"):
        reach(page, f"Select {name}@example.com")
        page.keyboard.press("Space")
    press(page, "Approve (selected|2)$")
    owner.sees("2 approved")
    press(page, "Undo$")
    owner.sees("2 taken back")
    assert page.get_by_text("Pending 3").count() == 1
    write(page, "Search addresses and names", "ada@")
    page.keyboard.press("Enter")
    page.wait_for_url("**q=ada%40**")
    press(page, "Notes and end date")
    write(page, "Note to the person", "We are full this year.")
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Shift+Tab")
    assert page.evaluate(NAME_OF_FOCUS) == "Deny ada@example.com"
    page.keyboard.press("Enter")
    owner.sees("1 denied")
    owner.open("/admin/mail")
    assert any("> We are full this year." in text for text in page.locator("pre").all_text_contents())


def decides_by_mail(app: AppProcess, owner: Person, samir: Person) -> None:
    """From the mail, in a browser where nobody is signed in: once."""
    path = mailed(app, owner, f"E-mail: {WORK}", "approvals")
    samir.open(path)
    samir.sees("Weddings & more")
    press(samir.page, "Approve$")
    samir.sees("Already approved by you at")
    samir.open(path)
    samir.sees("Already approved by you at")


def claims(app: AppProcess, owner: Person, samir: Person) -> None:
    """Another Dropbox account than that of the approved address."""
    path = mailed(app, owner, f"has the address {WORK}", "claims")
    samir.open(path)
    press(samir.page, "Continue with Dropbox")
    samir.answer_dropbox()
    samir.sees("Four steps to the first file")
    samir.open(path)
    samir.sees("This access is in use already")


def revokes(owner: Person, samir: Person) -> None:
    page = owner.page
    owner.open("/admin/people")
    owner.sees(f"At Dropbox: {STUDIO}")
    press(page, "Samir Studer$")
    owner.sees("Address at Dropbox")
    press(page, "Revoke…")
    owner.sees("No exports are affected")
    press(page, "Revoke access$")
    page.wait_for_url("**/admin/people")
    samir.open("/account")
    assert "/login" in samir.page.url
    owner.open("/admin/audit")
    assert page.locator("td", has_text="Access request revoked").count() == 1
    assert page.locator("td", has_text="By a mailed link").count() == 1


def test_the_box_above_the_buttons_picks_all_and_they_say_how_many(app: AppProcess, new_page: Pages) -> None:
    owner = Person(new_page(), app, OWNER)
    owner.sign_in()
    somebody = Person(new_page(), app, STUDIO)
    for name in ("ada", "bob", "eve"):
        asks(somebody, f"{name}@example.com")
    owner.open("/admin/requests")
    every, page = owner.page.get_by_label("Select all 3 on this page"), owner.page
    every.check()
    assert page.get_by_role("button", name="Deny 3").count() == 1
    page.get_by_label("Select bob@example.com").uncheck()
    assert every.evaluate("box => box.indeterminate") and not every.is_checked()
    page.get_by_role("button", name="Approve 2").click()
    owner.sees("2 approved")


@dataclass
class Look:
    """Has axe look at pages at both widths, and keeps what it finds."""

    axe: Callable[[Page], list[str]]
    found: dict[str, list[str]] = field(default_factory=dict)

    def at(self, page: Page, state: str) -> None:
        for width in (1280, 390):
            page.set_viewport_size({"width": width, "height": 900})
            if lines := self.axe(page):
                self.found[f"{state} at {width}"] = lines
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), (state, width)

    def through(self, person: Person, *paths: str) -> None:
        for path in paths:
            person.open(path)
            self.at(person.page, path)


@pytest.mark.parametrize("color_scheme", ["light", "dark"])
def test_axe_finds_nothing_in_any_state_of_access(
    app: AppProcess, sandbox: SandboxServer, new_page: Pages, axe: Callable[[Page], list[str]], color_scheme: Scheme
) -> None:
    look = Look(axe)

    def somebody(email: str) -> Person:
        return Person(new_page(color_scheme=color_scheme, allow=(SAID_ON_PURPOSE,)), app, email)

    owner, samir, agency = somebody(OWNER), somebody(STUDIO), somebody(AGENCY)
    owner.sign_in()
    everything = ("requests", "set-aside", "rules", "people", "audit", "mail")
    look.through(owner, *(f"/admin/{name}" for name in everything))
    asks(samir, WORK, "Samir", "word " * 190)
    asks(samir, f"{'long-' * 12}x@{'domain-' * 8}x.example", "A name that goes on and on, as some do, and then some")
    asks(samir, "eve@spam.example")
    db = open_connection(app.data_dir / DATABASE_FILE)
    looks_at_decisions(look, owner)
    looks_at_links(look, app, db, owner, samir)
    looks_at_people(look, sandbox, db, owner, samir, agency)
    owner.open("/admin/rules?about=spam.example")
    owner.press("Make the rule")
    asks(samir, "new@spam.example")
    look.through(
        owner, *(f"/admin/{name}" for name in everything), "/admin/audit?who=nobody", "/admin/audit?since=2100-01-01"
    )
    db.conn.close()
    assert look.found == {}


def looks_at_decisions(look: Look, owner: Person) -> None:
    """Lists with everything open; a decision that is refused; results, undone."""
    look.through(
        owner, "/admin/requests?status=all", "/admin/requests?q=nobody", "/admin/rules?about=eve%40spam.example"
    )
    owner.open("/admin/requests")
    page = owner.page
    for summary in page.locator(".terms summary").all():
        summary.click()
    look.at(page, "notes and end dates open")
    page.locator("#many [name=until]").fill("2020-01-01")
    page.get_by_label("Select all 3 on this page").check()
    owner.press("Approve 3")
    look.at(page, "an end that is over")
    page.locator("#many [name=until]").fill("")
    page.get_by_label("Select eve@spam.example").check()
    page.get_by_role("button", name=re.compile("Deny (1|selected)")).click()
    owner.sees("1 denied")
    look.at(page, "decided")
    owner.press("Undo")
    look.at(page, "taken back")


def looks_at_links(look: Look, app: AppProcess, db: Db, owner: Person, samir: Person) -> None:
    """The links of the mails, in each of their states."""
    samir.open(mailed(app, owner, f"E-mail: {WORK}", "approvals"))
    look.at(samir.page, "approval")
    samir.press("Approve")
    look.at(samir.page, "approved")
    claim = mailed(app, owner, f"has the address {WORK}", "claims")
    look.through(samir, claim)
    samir.press("Continue with Dropbox")
    samir.answer_dropbox()
    look.through(samir, claim)
    db.conn.execute("update approval_links set expires_at = created_at where used_at is null")
    look.through(samir, mailed(app, owner, "E-mail: eve@spam.example", "approvals"))


def looks_at_people(look: Look, sandbox: SandboxServer, db: Db, owner: Person, samir: Person, agency: Person) -> None:
    """Somebody whose exports would stop, and would not; whose access ends; the owner; Dropbox's limit."""
    samir.open("/")
    samir.press("Connect Dropbox")
    samir.answer_dropbox()
    them = f"/admin/people/{sandbox.account_id(STUDIO)}"
    look.through(owner, "/admin/people", "/admin/people?q=nobody", them, f"{them}/revoke")
    assert owner.app.command("approve", AGENCY, "--until", "2090-01-01").returncode == 0
    agency.sign_in()
    workspace = db.conn.execute("select workspace_id from connections").fetchone()[0]
    assert owner.app.command("member", "set", AGENCY, "--workspace", workspace, "--role", "admin").returncode == 0
    ids = (sandbox.account_id(email) for email in (AGENCY, OWNER))
    db.conn.execute("insert into installation (name, value, updated_at) values ('people-refused-at', '1', 1)")
    look.through(owner, f"{them}/revoke", *(f"/admin/people/{account}" for account in ids), "/admin/people")
