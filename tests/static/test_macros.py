"""The macros without a browser: they escape what people typed, and refuse names they do not know."""

from html.parser import HTMLParser
from typing import Any

import pytest
from jinja2 import Environment, UndefinedError

from handlers.forms import Form
from handlers.static import Static
from rules.states import ArtifactState, AttemptStatus, ConnectionStatus, ExportState, RequestState
from tests.static.gallery import NOW, templates_of

CANARY = "\"'><canary onload=x>&"


class Elements(HTMLParser):
    """The names of all elements and attributes, as a parser of HTML understands them."""

    def __init__(self) -> None:
        super().__init__()
        self.names: set[str] = set()
        self.attributes: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.add(tag)
        self.attributes.update(name for name, _ in attrs)


@pytest.fixture(scope="module")
def templates() -> Environment:
    return templates_of(Static())


def rendered(templates: Environment, source: str, **context: Any) -> str:
    return templates.from_string('{% import "_macros.html" as ui %}' + source).render(**context)


@pytest.mark.parametrize(
    "call",
    [
        "ui.button(text, name=text, value=text, busy=text, reason_id=text, attrs={'data-x': text})",
        "ui.link_button(text, text)",
        "ui.icon_button('more', text)",
        "ui.post_button(text, text, fields={text: text})",
        "ui.field(form, text, text, hint=text, autocomplete=text)",
        "ui.textarea_field(form, text, text, hint=text)",
        "ui.select_field(form, text, text, [(text, text)], hint=text)",
        "ui.checkbox(form, text, text, hint=text, value=text)",
        "ui.error_summary(form)",
        "ui.switch(text, text, true, name=text, hint=text)",
        "ui.status('failed', text)",
        "ui.banner('bad', text, text, text)",
        "ui.empty('image', text)",
        "ui.progress(1, 2, text, text)",
        "ui.page_head(text, text, [(text, text)])",
        "ui.card(text, note=text, actions=text, foot=text, state='off', word=text)",
        "ui.row(text, text, text)",
        "ui.facts([(text, text)])",
        "ui.path(text)",
        "ui.code(text, text)",
        "ui.badge(text, text)",
        "ui.avatar(text)",
        "ui.tabs([(text, text, text, text)], text)",
        "ui.pager(text, text)",
        "ui.step(text, 'now', text, text)",
        "ui.dialog_button(text, text)",
        "ui.menu_button(text, text)",
    ],
)
def test_nothing_typed_becomes_markup(templates: Environment, call: str) -> None:
    form = Form({CANARY: CANARY})
    form.errors = {CANARY: CANARY, "other": CANARY}
    html = rendered(templates, "{{ " + call + " }}", text=CANARY, form=form)
    seen = Elements()
    seen.feed(html)
    assert "canary" not in seen.names
    assert "onload" not in seen.attributes


@pytest.mark.parametrize("state", [*ConnectionStatus, *ExportState, *RequestState, *AttemptStatus, *ArtifactState])
def test_every_state_has_its_shape_and_word(templates: Environment, state: str) -> None:
    html = rendered(templates, "{{ ui.status(state) }}", state=state)
    assert "<path d=" in html
    assert html.split("</svg>")[1].removesuffix("</span>").strip()


@pytest.mark.parametrize("call", ["ui.icon('nowhere')", "ui.status('nowhere')", "ui.banner('nowhere', 'x')"])
def test_a_name_that_does_not_exist_stops_the_page(templates: Environment, call: str) -> None:
    with pytest.raises(UndefinedError, match="nowhere"):
        rendered(templates, "{{ " + call + " }}")


def test_a_time_carries_the_moment_for_machines(templates: Environment) -> None:
    html = rendered(templates, "{{ ui.time(now) }}", now=NOW)
    assert html == '<time datetime="2026-11-20T09:14:00.000Z">20 Nov 2026, 09:14 UTC</time>'


def test_what_was_typed_stays_after_an_error(templates: Environment) -> None:
    form = Form({"name": "Jane", "message": "\nTwo\nlines", "kind": "b", "agree": "on"})
    html = rendered(
        templates,
        "{{ ui.field(form, 'name', 'N') }}{{ ui.textarea_field(form, 'message', 'M') }}"
        "{{ ui.select_field(form, 'kind', 'K', [('a', 'A'), ('b', 'B')]) }}{{ ui.checkbox(form, 'agree', 'G') }}",
        form=form,
    )
    assert 'value="Jane"' in html
    assert ">\n\nTwo\nlines</textarea>" in html
    assert '<option value="b" selected>' in html
    assert 'value="on" checked' in html
