"""The four ways in which the store says no, each with a sentence for a person.

handlers/errors.py maps them to answers.
"""


class StoreError(Exception):
    """A refusal with a message for a person; never holds a secret."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class NotFound(StoreError):
    """It does not exist, or the asker may not know that it does: both look the same."""

    def __init__(self, message: str = "There is nothing here, or it is not yours to see.") -> None:
        super().__init__(message)


class NotPermitted(StoreError):
    """The asker can see it but may not do this."""


class Conflict(StoreError):
    """The request contradicts what is already so."""


class Invalid(StoreError):
    """Fields that cannot be accepted; `errors` maps a field's name to its sentence."""

    def __init__(self, errors: dict[str, str]) -> None:
        super().__init__(" ".join(errors.values()))
        self.errors = errors
