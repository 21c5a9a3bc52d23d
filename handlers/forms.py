"""Reading a posted form: shape only (present, length, choice).

What needs data is a constraint that the store reports.
"""

from collections.abc import Iterable
from typing import Any

from starlette.requests import Request

MOST_FIELDS = 150


class Form:
    """What was typed and what is wrong with it: `values` and `errors` by field name, as templates need them."""

    def __init__(self, values: dict[str, str] | None = None, lists: dict[str, list[str]] | None = None) -> None:
        self.values = values or {}
        self._lists = lists or {}
        self.errors: dict[str, str] = {}

    def text(self, name: str, *, required: str = "", most: int = 200) -> str:
        """The trimmed text of a field; `required` is the sentence shown when it is empty."""
        text = self.values.get(name, "").strip()
        if required and not text:
            self.errors[name] = required
        elif len(text) > most:
            self.errors[name] = f"Keep this to {most} characters; it has {len(text)}."
        return text

    def many(self, name: str, *, sentence: str, most: int) -> list[str]:
        """All that was posted under one name, each one also as a list with commas; `sentence` when there is none."""
        chosen = [part.strip() for text in self._lists.get(name, []) for part in text.split(",") if part.strip()]
        if not chosen:
            self.errors[name] = sentence
        elif len(chosen) > most:
            self.errors[name] = f"Choose at most {most} at once."
        return chosen

    def choice(self, name: str, choices: Iterable[str], *, sentence: str) -> str:
        """One of `choices`, else `sentence` is the field's error."""
        text = self.values.get(name, "")
        if text not in tuple(choices):
            self.errors[name] = sentence
        return text

    def refuse(self, errors: dict[str, str]) -> None:
        """Take over what the store found wrong."""
        self.errors.update(errors)


async def read_form(request: Request[Any]) -> Form:
    """The form of a POST. Files are refused by the route's body limit and ignored here."""
    async with request.form(max_files=0, max_fields=MOST_FIELDS) as posted:
        texts = [(name, value) for name, value in posted.multi_items() if isinstance(value, str)]
    lists: dict[str, list[str]] = {}
    for name, value in texts:
        lists.setdefault(name, []).append(value)
    return Form(dict(texts), lists)
