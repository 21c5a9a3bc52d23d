"""Fixtures for tests that look at pages: one Chromium for the whole run, pages that must stay silent, and axe.

Playwright's sync API leaves its event loop marked as running in this thread, so tests with a browser run after all
others, and what they need to be served runs in a thread or process of its own (see serving.py).
"""

import re
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, Request, sync_playwright

from tests.browser import chromium

# Every name but loopback fails to resolve, so a stray outside address becomes an error that a test sees.
ARGUMENTS = [
    "--use-fake-device-for-media-stream",
    "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1 , EXCLUDE localhost",
]
PICTURES = Path("test-results")
WATCH_POLICY = """
addEventListener("securitypolicyviolation", (event) =>
  reportViolation(`${event.effectiveDirective} refused ${event.blockedURI} (${event.sourceFile}:${event.lineNumber})`));
"""
Scheme = Literal["light", "dark"]
FAILED = pytest.StashKey[bool]()


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: "browser" in getattr(item, "fixturenames", ()))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if report.when == "call":
        item.stash[FAILED] = report.failed
    return report


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One headless Chromium for the whole run."""
    executable = chromium.find()
    if executable is None:
        pytest.exit(f"No Chromium found. Type: {chromium.advice()}", returncode=2)
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=executable, args=ARGUMENTS)
        yield running
        running.close()


@dataclass
class Pages:
    """Opens pages, each in a context of its own, and keeps whatever the browser complained about."""

    browser: Browser
    contexts: list[BrowserContext] = field(default_factory=list)
    noise: list[str] = field(default_factory=list)
    allowed: list[str] = field(default_factory=list)

    def __call__(
        self,
        *,
        color_scheme: Scheme = "light",
        width: int = 1280,
        javascript: bool = True,
        allow: tuple[str, ...] = (),
        **options: Any,
    ) -> Page:
        """A page of the given width (CSS px). `allow`: patterns of complaints that this test provokes on purpose.

        `options` go to Playwright's new_context (base_url, permissions, forced_colors, extra_http_headers …).
        """
        self.allowed += allow
        given = {"reduced_motion": "reduce", "locale": "en-GB", "timezone_id": "UTC", **options}
        context = self.browser.new_context(
            color_scheme=color_scheme,
            viewport={"width": width, "height": 844 if width < 600 else 900},
            java_script_enabled=javascript,
            **given,
        )
        context.set_default_timeout(10_000)
        self.contexts.append(context)
        if javascript:
            context.expose_binding("reportViolation", lambda _, text: self.noise.append(f"policy: {text}"))
            context.add_init_script(WATCH_POLICY)
        context.on("console", lambda message: self.noise.append(f"console {message.type}: {message.text}"))
        context.on("weberror", lambda error: self.noise.append(f"error: {error.error}"))
        context.on("requestfailed", self._not_loaded)
        return context.new_page()

    def _not_loaded(self, request: Request) -> None:
        # Aborted: the page was left while the browser still fetched, say, the icon. That is nobody's fault.
        if request.failure != "net::ERR_ABORTED":
            self.noise.append(f"failed: {request.url} {request.failure}")

    def unexpected(self) -> list[str]:
        """The complaints that no `allow` pattern covers."""
        return [line for line in self.noise if not any(re.search(pattern, line) for pattern in self.allowed)]


@pytest.fixture
def new_page(browser: Browser, request: pytest.FixtureRequest) -> Iterator[Pages]:
    """A factory of pages; afterwards fails the test if one logged, broke the policy or could not load something."""
    pages = Pages(browser)
    yield pages
    if request.node.stash.get(FAILED, False):
        _keep_pictures(pages, request.node.name)
    for context in pages.contexts:
        context.close()
    assert pages.unexpected() == []


@pytest.fixture
def axe() -> Callable[[Page], list[str]]:
    """Runs axe on a page: one line per finding, so that `assert axe(page) == []` says what is wrong and where."""

    def violations(page: Page) -> list[str]:
        found = Axe().run(page).response["violations"]
        return [f"{rule['id']}: {node['html'][:200]} {_why(node)}" for rule in found for node in rule["nodes"]]

    return violations


def _why(node: dict[str, Any]) -> str:
    return "; ".join(check["message"] for check in (*node["any"], *node["all"], *node["none"]))


def _keep_pictures(pages: Pages, name: str) -> None:
    PICTURES.mkdir(exist_ok=True)
    shown = [page for context in pages.contexts for page in context.pages if not page.is_closed()]
    safe = re.sub(r"[^\w-]+", "-", name)
    for number, page in enumerate(shown, start=1):
        page.screenshot(path=PICTURES / f"{safe}-{number}.png", full_page=True)
