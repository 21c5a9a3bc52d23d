"""WB-10 from end to end: wherever a request may say where to go next, nobody is led off this site."""

import re
from collections.abc import Callable
from html import unescape
from urllib.parse import quote, urljoin, urlsplit

import pytest
from httpx2 import Response

from store.connect import rows
from tests.handlers.stage import ORIGIN
from tests.rules.test_links import HOSTILE, OURS
from tests.security import expectations
from tests.security.house import House

FORM = {"content-type": "application/x-www-form-urlencoded"}


def said(text: str) -> str:
    """As it stands in a query or a form, whatever characters it has."""
    return f"next={quote(text, safe='', errors='surrogatepass')}"


def looked(path: str, who: str = "owner") -> Callable[[House, str], Response]:
    return lambda house, text: house.browser(who).get(f"{house.path(path)}?{said(text)}")


def posted(path: str, who: str = "owner") -> Callable[[House, str], Response]:
    return lambda house, text: house.browser(who).post(house.path(path), content=said(text), headers=FORM)


WAYS = {
    "the sign-in page, signed in": looked("/login"),
    "the sign-in page, signed out": looked("/login", "signed out"),
    "signing in again": looked("/account/sign-in-again"),
    "asking whether to disconnect": looked("/workspaces/{workspace_id}/dropbox/disconnect"),
    "disconnecting": posted("/workspaces/{workspace_id}/dropbox/disconnect"),
    "retrying": posted("/exports/{export_id}/retry"),
    "signing in": posted("/login", "signed out"),
    "connecting": posted("/workspaces/{workspace_id}/dropbox/connect"),
}


def led(house: House, answer: Response) -> set[str]:
    """Where an answer leads or would lead: its Location, its links and forms, and the trip that it began."""
    found = {unescape(each) for each in re.findall(r'(?:href|action|src|formaction)="([^"]*)"', answer.text)}
    found |= {unescape(each) for each in re.findall(r'name="next" value="([^"]*)"', answer.text)}
    if "location" in answer.headers and not answer.headers["location"].startswith(
        "http://127.0.0.1:9/oauth2/authorize"
    ):
        found.add(answer.headers["location"])
    newest = rows(house.db, "select next from oauth_states order by created_at desc, rowid desc limit 1")
    return found | {str(row["next"]) for row in newest}


def stays(address: str) -> bool:
    """Whether a browser that is on our page and goes there is still on our site, by any reading."""
    for base in (f"{ORIGIN}/login", f"{ORIGIN}/a/b/c"):
        for read in (address, address.replace("\\", "/"), re.sub(r"[\t\r\n]", "", address)):
            parts = urlsplit(urljoin(base, read))
            if f"{parts.scheme}://{parts.netloc}" != ORIGIN:
                return False
    return True


@pytest.mark.parametrize("way", WAYS)
def test_wb_10_nobody_is_led_off_this_site(house: House, way: str):
    house.used_up()
    assert len(HOSTILE) >= 60
    for text in HOSTILE:
        answer = WAYS[way](house, text)
        assert answer.status_code in (200, 303, 404, 409), (text, answer.status_code)
        for address in led(house, answer):
            assert stays(address), (text, address)
            assert "evil" not in address, (text, address)
        assert "\n" not in answer.headers.get("location", "")
    house.used_up()


def test_wb_10_a_path_of_ours_is_where_it_leads(house: House):
    for text in OURS:
        assert looked("/login")(house, text).headers["location"] == text
        assert f'value="{text.replace("&", "&amp;")}"' in looked("/login", "signed out")(house, text).text


def test_wb_10_every_other_page_pays_no_heed(house: House):
    """A page that takes no `next` does not begin to: not in a link, not in a redirect."""
    for row in (*expectations.PAGES, *expectations.OWN, *expectations.ADMIN, *expectations.PUBLIC):
        who = "site-owner" if row.path.startswith("/admin") else "owner"
        for text in ("//evil.example", "https://evil.example", "/\\evil.example", "javascript:alert(1)"):
            query = "&".join(f"{name}={quote(text)}" for name in ("next", "url", "to", "return", "redirect", "back"))
            answer = house.browser(who).request(row.method, f"{house.path(row.path)}?{query}", data=row.data or None)
            assert all("evil" not in address and "alert(" not in address for address in led(house, answer)), row
            if row.path == "/logout":
                house.sign_in_again("owner")
        if row.method != "GET":
            house.used_up()
