"""WB-07, WB-09: markup in every field that there is, looked for as an element on every page and in every mail.

Chromium really goes to each page, under the app's own policy, with its scripts running; the app answers in between.
"""

import io
import json
from collections.abc import Iterator

import pytest
from PIL import Image
from playwright.sync_api import Page, Route

from rules.envelope import unseal
from store.connect import immediate, rows
from tests.browser.fixtures import Pages
from tests.cast import now_ms
from tests.handlers.stage import MEMBERS, ORIGIN
from tests.pictures import jpeg
from tests.security import expectations
from tests.security.house import House

# Ends every context that a text may stand in, then makes an element of its own; short enough for every field.
MARKUP = "\"'></title></script></textarea>--><xss-canary onx=1>{{7*7}}"
SHORT = "'\"><xss-canary>"
LOOK = """
() => [
  ...[...document.querySelectorAll('xss-canary')].map(() => 'an element'),
  ...[...document.querySelectorAll('*')].flatMap((each) =>
    [...each.attributes].filter((one) => /^on|^xss/i.test(one.name)).map((one) => `${each.tagName} ${one.name}`)),
  ...[...document.querySelectorAll('[href],[src],[action],[formaction]')].flatMap((each) =>
    ['href', 'src', 'action', 'formaction'].map((name) => each.getAttribute(name) ?? '')
      .filter((value) => /^\\s*(javascript|data|vbscript):/i.test(value))),
]
"""


@pytest.fixture(scope="module")
def hostile(house: House) -> House:
    """Everything that somebody can name, named like that, by the ways that there are."""
    scene = house.clean_scene()
    house.link(scene)
    with immediate(house.db) as db:
        # What Dropbox says of people is theirs to choose, and comes at each sign-in.
        for name in (*MEMBERS, "site-owner"):
            db.conn.execute("update accounts set display_name = ? where id = ?", (MARKUP, f"dbid:{name}"))
        db.conn.execute(
            "update connections set lost_at = 1, account_display_name = ?, account_email = ?", (MARKUP, f"{SHORT}@x")
        )
        db.conn.execute("update export_settings set enabled_by = 'dbid:owner', enabled_at = 1 where enabled = 1")
        db.conn.execute("update devices set user_agent = ?", (MARKUP,))
        db.conn.execute("update api_tokens set name = ?", (MARKUP,))
    owner, bearer = house.browser("owner"), house.bearer("owner")
    made = house.browser("signed out").post(
        "/request-access", data={"email": "o'xss-canary&x@example.com", "name": MARKUP, "message": f"{MARKUP}\n" * 3}
    )
    assert made.status_code == 303
    for path in (f"/workspaces/{scene.workspace.id}", f"/experiences/{scene.experience.id}"):
        assert owner.post(path, data={"name": MARKUP}).status_code == 303
    pushed = house.client.post(
        f"/api/v1/experiences/{scene.experience.id}/results",
        data={"job_id": MARKUP, "session": MARKUP, "artifact_id": MARKUP, "variant": SHORT},
        files={"file": (f"{SHORT}.jpg", jpeg(), "image/jpeg")},
        headers=bearer,
    )
    assert pushed.status_code == 201, pushed.text
    assert owner.post(f"/projects/{scene.project.id}", data={"name": MARKUP}).status_code == 303
    settings = {"folder_path": "/<xss-canary onx=1>"}
    house.client.put(f"/api/v1/projects/{scene.project.id}/export-settings", json=settings, headers=bearer)
    failing_export(house)
    decided_requests(house)
    return house


def failing_export(house: House) -> None:
    """What Dropbox says of a failure, as the log keeps it."""
    with immediate(house.db) as db:
        db.conn.execute(
            """
            update exports set state = 'failed', error_kind = 'defect', error_message = ?, finished_at = 1, claim = null
            """,
            (MARKUP,),
        )
        db.conn.execute("update outbox set last_error = ?", (MARKUP,))


def decided_requests(house: House) -> None:
    """One request of each state, with notes, beside the pending one."""
    owner, now = house.browser("site-owner"), now_ms()
    with immediate(house.db) as db:
        for name in ("approve", "deny"):
            db.conn.execute(
                """
                insert into access_requests (id, email_key, email, name, message, state, requested_at, created_at,
                    updated_at)
                values (:id, :email, :email, :markup, :markup, 'pending', :now, :now, :now)
                """,
                {"id": f"xss-{name}", "email": f"{name}'&@example.com", "markup": MARKUP, "now": now},
            )
    for name in ("approve", "deny"):
        data = {"decision": name, "note": MARKUP, "private_note": MARKUP}
        assert owner.post(f"/admin/requests/xss-{name}/decision", data=data).status_code in (200, 303)
    for status in ("pending", "approved", "denied", "all"):
        assert owner.get(f"/admin/requests?status={status}").status_code == 200


def served_by(house: House, who: str, page: Page) -> None:
    """The browser's requests are answered by the app, as `who`; nothing reaches a network."""
    browser = house.browser(who)

    def answer(route: Route) -> None:
        asked = route.request
        assert asked.url.startswith(ORIGIN), asked.url
        found = browser.request(asked.method, asked.url.removeprefix(ORIGIN), headers={"accept-encoding": "identity"})
        while found.is_redirect:  # A redirect that is made up here would be followed past us.
            found = browser.get(found.headers["location"], headers={"accept-encoding": "identity"})
        route.fulfill(status=found.status_code, headers=dict(found.headers), body=found.content)

    page.context.route("**/*", answer)


def looked_at(hostile: House, page: Page, path: str) -> str:
    """Go there; the page's words. Fails for an element, a handler or a link that the markup has become."""
    answer = page.goto(f"{ORIGIN}{path}")
    assert answer is not None
    assert page.evaluate(LOOK) == [], path
    assert "49" not in page.title()
    return page.locator("body").inner_text() if answer.status < 500 else ""


def links_in_mails(house: House) -> list[str]:
    """The paths of one-time links, as people find them in their mails."""
    found = []
    for mail in mails(house):
        for word in mail["text"].split():
            path = word.removeprefix(ORIGIN)
            if path.startswith(("/approvals/", "/claims/", "/invitations/")):
                found.append(path)
    return found


def mails(house: House) -> list[dict[str, str]]:
    keyring = house.settings.keyring
    return [
        json.loads(unseal(keyring, str(row["payload"]), purpose="outbox", table="outbox", row_id=str(row["id"])))
        for row in rows(house.db, "select id, payload from outbox where kind = 'mail' and payload is not null")
    ]


def addresses(table: list[expectations.Row], house: House) -> Iterator[str]:
    for row in table:
        if row.method == "GET" and not row.path.startswith("/static"):
            yield house.path(row.path)


@pytest.mark.parametrize("who", ["owner", "site-owner", "signed out"])
def test_wb_09_markup_is_words_on_every_page(hostile: House, new_page: Pages, who: str):
    page = new_page(allow=("console error: Failed to load resource",), accept_downloads=False)
    served_by(hostile, who, page)
    tables = {
        "owner": [*expectations.PAGES, *expectations.OWN, expectations.Row("GET", "/", "")],
        "site-owner": expectations.ADMIN,
        "signed out": expectations.PUBLIC,
    }
    hits = 0
    seen = set()
    for path in (*addresses(tables[who], hostile), *more(hostile, who)):
        if path.endswith((".csv", ".json")):
            continue  # Downloads; no browser makes a page of them.
        words = looked_at(hostile, page, path)
        seen.add(path)
        hits += "xss-canary" in words or "xss-canary" in page.title()
        assert "{{7*7}}" in words or "xss-canary" not in words or SHORT in words or "&x@" in words, path
    assert len(seen) > 3
    # It was there to be found: by nearly every page that shows anything of anybody's.
    assert hits >= {"owner": 12, "site-owner": 4, "signed out": 0}[who]


def more(house: House, who: str) -> list[str]:
    """Pages beside those of the table: lists by state, and the links in mails."""
    scene = house.clean_scene()
    if who == "site-owner":
        return [f"/admin/requests?status={status}" for status in ("approved", "denied", "revoked", "all")]
    if who == "owner":
        return [f"/projects/{scene.project.id}/exports?status=failed"]
    return links_in_mails(house) if who == "signed out" else []


def test_wb_09_markup_is_words_in_every_mail(hostile: House, new_page: Pages):
    page = new_page(allow=("console error",))
    found = mails(hostile)
    assert any("xss-canary" in mail["text"] for mail in found)
    for mail in found:
        assert "\n" not in mail["subject"]
        assert "\r" not in mail["subject"]
        page.set_content(mail["html"])
        assert page.evaluate(LOOK) == [], mail["subject"]
        # No link but ours: what a stranger wrote leads nowhere.
        for href in page.eval_on_selector_all("a[href]", "all => all.map((one) => one.href)"):
            assert href.startswith(f"{ORIGIN}/"), href


def test_wb_09_a_refused_person_s_name_and_address_are_words(hostile: House, new_page: Pages):
    signer = hostile.client.app_state["signer"]
    signed = signer.dumps(["dbid:x", f"{SHORT}@example.com", True, MARKUP], salt="refused")
    asked = signer.dumps(f"{SHORT}@example.com", salt="asked")
    flash = signer.dumps(["ok", MARKUP], salt="flash")
    page = new_page(allow=("console error: Failed to load resource",))
    served_by(hostile, "signed out", page)
    browser = hostile.browser("signed out")
    for name, value in (("__Host-refused", signed), ("__Host-asked", asked)):
        browser.cookies.set(name, value)
    for path in ("/login/refused", "/request-access", "/request-access/sent", "/login"):
        browser.cookies.set("__Host-flash", flash)
        looked_at(hostile, page, path)
    assert "xss-canary" in browser.get("/login/refused").text
    browser.cookies.clear()


def test_wb_09_what_a_query_or_a_form_says_is_words_too(hostile: House, new_page: Pages):
    """Not stored, but repeated: what was typed is still there when a form is refused."""
    scene = hostile.clean_scene()
    page = new_page(allow=("console error: Failed to load resource",))
    posts = {
        f"/workspaces/{scene.workspace.id}": ("owner", {"name": MARKUP * 5}),
        "/workspaces": ("owner", {"name": MARKUP * 5}),
        f"/projects/{scene.project.id}": ("owner", {"name": MARKUP, "timezone": MARKUP}),
        f"/projects/{scene.project.id}/connect/toggle": ("owner", {"enabled": MARKUP}),
        "/request-access": ("signed out", {"email": MARKUP, "name": MARKUP * 20, "message": MARKUP * 50}),
        f"/workspaces/{scene.workspace.id}/invitations": ("owner", {"email": MARKUP, "role": MARKUP}),
    }
    for path, (who, data) in posts.items():
        refused = hostile.browser(who).post(path, data=data)
        assert refused.status_code == 422, (path, refused.status_code)
        page.set_content(refused.text)
        assert page.evaluate(LOOK) == [], path
    for path in ("/login?next=", "/admin/requests?status=", "/workspaces?cursor=", "/no/such/page?x="):
        answer = hostile.browser("site-owner").get(f"{path}{MARKUP}")
        page.set_content(answer.text)
        assert page.evaluate(LOOK) == [], path


def test_wb_11_a_picture_that_is_also_a_page_is_served_as_the_picture_and_sandboxed(hostile: House):
    out = io.BytesIO()
    Image.new("RGB", (8, 8)).save(out, "GIF", comment=b"<html><script>alert(1)</script><xss-canary>")
    scene = hostile.clean_scene()
    pushed = hostile.client.post(
        f"/api/v1/experiences/{scene.experience.id}/results",
        data={"job_id": "polyglot", "artifact_id": f"{SHORT}\r\nx: y.html"},
        files={"file": ("evil.html", out.getvalue(), "text/html")},
        headers=hostile.bearer("owner"),
    )
    if pushed.status_code == 422:
        pushed = hostile.client.post(
            f"/api/v1/experiences/{scene.experience.id}/results",
            data={"job_id": "polyglot", "artifact_id": f"{SHORT}.html"},
            files={"file": ("evil.html", out.getvalue(), "text/html")},
            headers=hostile.bearer("owner"),
        )
    assert pushed.status_code == 201, pushed.text
    served = hostile.browser("signed out").get(pushed.json()["artifacts"][0]["url"].removeprefix(ORIGIN))
    assert served.headers["content-type"] == "image/gif"
    assert served.headers["x-content-type-options"] == "nosniff"
    assert served.headers["content-security-policy"] == "sandbox; default-src 'none'"
    assert served.headers["cross-origin-resource-policy"] == "same-origin"
    name = served.headers["content-disposition"]
    assert name.startswith('inline; filename="')
    assert '"' not in name.partition('filename="')[2].partition('"; filename*')[0]
    assert not {"<", ">", "\r", "\n"} & set(name.partition("filename*=")[2])
    assert served.content == out.getvalue()
