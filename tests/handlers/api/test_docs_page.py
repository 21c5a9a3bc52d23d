"""The docs page in a browser: readable in both schemes, on a phone and a desk, with and without scripts."""

from collections.abc import Iterator

import pytest

from tests.browser.fixtures import Pages, Scheme
from tests.running_app import AppProcess
from tests.sandbox_server import SandboxServer


@pytest.fixture(scope="module")
def origin(tmp_path_factory: pytest.TempPathFactory, sandbox_process: SandboxServer) -> Iterator[str]:
    app = AppProcess(tmp_path_factory.mktemp("docs"), sandbox_process)
    app.start()
    yield app.origin
    app.end()


@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 390)])
def test_axe_finds_nothing_and_nothing_sticks_out(origin: str, new_page: Pages, axe, scheme: Scheme, width: int):
    page = new_page(color_scheme=scheme, width=width)
    page.goto(f"{origin}/api/docs")
    assert page.get_by_role("heading", level=1).inner_text() == "API"
    assert axe(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_the_list_of_routes_leads_to_each_without_scripts(origin: str, new_page: Pages):
    page = new_page(javascript=False)
    page.goto(f"{origin}/api/docs")
    page.get_by_role("link", name="POST /experiences/{experience_id}/results").click()
    assert page.url.endswith("#results-push")
    assert page.get_by_role("heading", name="POST /experiences/{experience_id}/results").is_visible()
