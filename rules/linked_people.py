"""Dropbox's own limit on how many people may link an app that is in development.

Fifty linked accounts start a deadline of two weeks to apply for production; 500 are the most before that. An app in
production has no limit, and Dropbox says nowhere in its API in which status an app is.
"""

from dataclasses import dataclass

DEADLINE_AT = 50
MOST_IN_DEVELOPMENT = 500
_NEAR = 0.8


@dataclass(frozen=True)
class Meter:
    """How many Dropbox accounts have linked the app, as far as is known here, against the next mark.

    `mark` is None for a number that only an app in production can have. `near` asks for attention. `refused_at` is
    when Dropbox last turned somebody away for it (milliseconds UTC).
    """

    linked: int
    mark: int | None
    near: bool
    refused_at: int | None


def meter(linked: int, refused_at: int | None) -> Meter:
    """Measure."""
    mark = DEADLINE_AT if linked <= DEADLINE_AT else MOST_IN_DEVELOPMENT if linked <= MOST_IN_DEVELOPMENT else None
    return Meter(linked, mark, mark is not None and linked >= _NEAR * mark, refused_at)


def says_limit(description: str) -> bool:
    """Whether Dropbox's words about a refused authorization mean that the app has as many people as it may have."""
    words = description.casefold()
    return "user limit" in words or "more users" in words or ("development" in words and "limit" in words)
