"""The gallery, served once for each test module that looks at it."""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from tests.browser.serving import serving
from tests.static.gallery import Gallery


@dataclass(frozen=True)
class Shown:
    """A running gallery and where it is."""

    gallery: Gallery
    origin: str


@pytest.fixture(scope="module")
def shown() -> Iterator[Shown]:
    gallery = Gallery()
    with serving(gallery.app()) as origin:
        yield Shown(gallery, origin)


@pytest.fixture
def origin(shown: Shown) -> str:
    return shown.origin
