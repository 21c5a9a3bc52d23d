"""Naming templates: a fixed list of placeholders, and no name that sessions or files would have to share."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.naming import DEFAULT_TEMPLATE, MAX_TEMPLATE, PLACEHOLDERS, validate_template
from rules.naming.templates import fill


@pytest.mark.parametrize(
    "template",
    [
        DEFAULT_TEMPLATE,
        "{shortCode}_{artifact}",
        "{session}{time}",
        "{session}_{artifact}_{variant}",
        "{project} {experience} {date} {time} {shortCode}",
        "été 🎉 {shortCode} {time}",
        "{shortCode}{shortCode}{time}",
    ],
)
def test_good_templates_pass(template: str):
    assert validate_template(template) == []


@pytest.mark.parametrize(
    ("template", "sentence"),
    [
        ("", "Enter a naming template"),
        ("   ", "Enter a naming template"),
        ("{timestamp}_{sessionId}_result", "Not a placeholder: {timestamp} {sessionId}."),
        ("{shortcode}_{time}_{session}", "Not a placeholder: {shortcode}."),
        ("{}_{shortCode}_{time}", "Not a placeholder: {}."),
        ("{0}_{shortCode}_{time}", "Not a placeholder: {0}."),
        ("{ time }_{shortCode}_{time}", "Not a placeholder: { time }."),
        ("{time!r}_{shortCode}_{time}", "Not a placeholder: {time!r}."),
        ("{time:>99999999}_{shortCode}_{time}", "Not a placeholder: {time:>99999999}."),
        ("{time.__class__}_{shortCode}_{time}", "Not a placeholder: {time.__class__}."),
        ("{session[0]}_{shortCode}_{time}", "Not a placeholder: {session[0]}."),
        ("%s_{shortCode}_{time}{", "Every { needs its }"),
        ("}{shortCode}_{time}", "Every { needs its }"),
        ("{{shortCode}}_{time}", "Every { needs its }"),
        ("{date}/{time}_{shortCode}", "can't contain any of"),
        ("{date}\\{time}_{shortCode}", "can't contain any of"),
        ("{date}:{time}_{shortCode}", "can't contain any of"),
        ("{time}_{shortCode}\n", "line breaks"),
        ("{time}\u200b_{shortCode}", "invisible"),
        ("{time}  {shortCode}", "single spaces"),
        ("{time}_{date}_{artifact}", "Put in {shortCode} or {session}"),
        ("{date}_{shortCode}", "Put in {time} or {artifact}"),
        ("result", "Put in {time} or {artifact}"),
        ("{time}_{shortCode}" + "x" * MAX_TEMPLATE, "at most 200 characters"),
    ],
)
def test_bad_templates_get_a_sentence(template: str, sentence: str):
    assert any(sentence in problem for problem in validate_template(template))


def test_all_problems_are_told_at_once():
    assert len(validate_template("{x}/{")) == 5


@given(
    st.lists(st.sampled_from([*"{}ab_ ./!:[]0", *(f"{{{name}}}" for name in PLACEHOLDERS)]), max_size=30).map("".join)
)
def test_whatever_passes_can_be_filled_and_leaves_no_brace(template: str):
    if not validate_template(template):
        filled = fill(template, {name: "v" for name in PLACEHOLDERS})
        assert "{" not in filled and "}" not in filled


def test_what_a_placeholder_stands_for_is_not_looked_at_again():
    values = dict.fromkeys(PLACEHOLDERS, "v") | {"session": "{shortCode}", "time": "\\1\\g<0>"}
    assert fill("{session}_{time}", values) == "{shortCode}_\\1\\g<0>"
