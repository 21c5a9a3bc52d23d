"""The style guide in a real browser: accessible, silent, narrow enough for a phone, and light on the wire."""

import gzip
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page

from tests.browser.fixtures import Pages, Scheme
from tests.browser.serving import serving
from tests.static.gallery import Gallery

STATIC = Path(__file__).resolve().parents[2] / "static"
ADDRESSES = ("/guide?flash", "/door", "/problem")
CSS_BYTES = 12_000
JS_BYTES = 3_000

Axe = Callable[[Page], list[str]]


@pytest.fixture(scope="module")
def origin() -> Iterator[str]:
    with serving(Gallery().app()) as address:
        yield address


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(origin: str, new_page: Pages, axe: Axe, scheme: Scheme, width: int) -> None:
    page = new_page(color_scheme=scheme, width=width)
    for address in ADDRESSES:
        page.goto(origin + address)
        assert axe(page) == []


def test_nothing_scrolls_sideways_at_320_px(origin: str, new_page: Pages) -> None:
    page = new_page(width=320)
    for address in ADDRESSES:
        page.goto(origin + address)
        assert page.evaluate("document.documentElement.scrollWidth") <= 320


def test_css_and_js_keep_their_budgets() -> None:
    assert _wire_bytes("css/*.css") <= CSS_BYTES
    assert _wire_bytes("js/app.js") <= JS_BYTES


def _wire_bytes(pattern: str) -> int:
    return len(gzip.compress(b"".join(path.read_bytes() for path in sorted(STATIC.glob(pattern))), 6))
