"""The style guide in a real browser: accessible, silent, narrow enough for a phone, and light on the wire."""

import gzip
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page

from tests.browser.fixtures import Pages, Scheme

STATIC = Path(__file__).resolve().parents[2] / "static"
ADDRESSES = ("/guide?flash", "/door", "/problem", "/crowded")
CSS_BYTES = 12_000
JS_BYTES = 3_000
PRESSABLE = ".button, .switch, .input, .tabs a, .nav a, .nav button, .crumbs a, .row-link"
SHIFTS = """new Promise((done) => {
  const sum = (list) => list.getEntries().reduce((total, entry) => total + entry.value, 0);
  new PerformanceObserver((list) => done(sum(list))).observe({ type: "layout-shift", buffered: true });
  setTimeout(() => done(0), 300);
})"""

Axe = Callable[[Page], list[str]]


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(origin: str, new_page: Pages, axe: Axe, scheme: Scheme, width: int) -> None:
    page = new_page(color_scheme=scheme, width=width)
    for address in ADDRESSES:
        page.goto(origin + address)
        assert axe(page) == []


@pytest.mark.parametrize("state", ["hover", "active", "focus-visible"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_while_controls_are_used(
    origin: str, new_page: Pages, axe: Axe, scheme: Scheme, state: str
) -> None:
    page = new_page(color_scheme=scheme)
    page.goto(origin + "/guide")
    _force(page, ["hover", "active"] if state == "active" else [state])
    assert axe(page) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_in_what_floats(origin: str, new_page: Pages, axe: Axe, scheme: Scheme) -> None:
    page = new_page(color_scheme=scheme, width=390)
    page.goto(origin + "/guide")
    for opener in ("Menu", "More for this project", "Disconnect Dropbox"):
        page.get_by_role("button", name=opener).click()
        assert axe(page) == []
        page.keyboard.press("Escape")


@pytest.mark.parametrize("javascript", [True, False])
def test_nothing_scrolls_sideways_at_320_px(origin: str, new_page: Pages, javascript: bool) -> None:
    page = new_page(width=320, javascript=javascript)
    for address in ADDRESSES:
        page.goto(origin + address)
        assert page.locator("html").evaluate("(html) => html.scrollWidth") <= 320


def test_the_chosen_theme_wins_over_the_system(origin: str, new_page: Pages) -> None:
    page = new_page(color_scheme="dark")
    page.goto(origin + "/door?theme=light")
    light = page.evaluate("getComputedStyle(document.documentElement).backgroundColor")
    page.goto(origin + "/door?theme=dark")
    dark = page.evaluate("getComputedStyle(document.documentElement).backgroundColor")
    page.goto(origin + "/door")
    assert (light, page.evaluate("getComputedStyle(document.documentElement).backgroundColor")) == (
        "oklch(0.99 0.003 85)",
        dark,
    )


def test_a_first_visit_takes_four_requests_and_nothing_moves(origin: str, new_page: Pages) -> None:
    page = new_page(reduced_motion="no-preference")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(origin + "/guide?flash")
    page.wait_for_load_state("load")
    assert len(asked) <= 4
    assert page.evaluate(SHIFTS) <= 0.01


def test_without_motion_nothing_moves(origin: str, new_page: Pages) -> None:
    page = new_page(reduced_motion="reduce")
    page.goto(origin + "/guide")
    slow = (
        "[...document.querySelectorAll('*')].filter((e) => /[1-9]/.test(getComputedStyle(e).transitionDuration)).length"
    )
    assert page.evaluate(slow) == 0


def test_css_and_js_keep_their_budgets() -> None:
    assert _wire_bytes("css/*.css") <= CSS_BYTES
    assert _wire_bytes("js/app.js") <= JS_BYTES


def _force(page: Page, states: list[str]) -> None:
    session = page.context.new_cdp_session(page)
    session.send("DOM.enable")
    session.send("CSS.enable")
    root = session.send("DOM.getDocument", {"depth": -1})["root"]["nodeId"]
    for node in session.send("DOM.querySelectorAll", {"nodeId": root, "selector": PRESSABLE})["nodeIds"]:
        session.send("CSS.forcePseudoState", {"nodeId": node, "forcedPseudoClasses": states})


def _wire_bytes(pattern: str) -> int:
    return len(gzip.compress(b"".join(path.read_bytes() for path in sorted(STATIC.glob(pattern))), 6))
