"""Access requests: what is a usable e-mail address, when two are the same, and which decision leads where.

Which request a decision meets, and who may decide, is looked up elsewhere.
"""

import unicodedata
from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from rules.characters import is_invisible
from rules.characters import strip_invisible as strip_invisible
from rules.states import RequestState

MAX_EMAIL = 254
MAX_NAME = 100
MAX_MESSAGE = 1000
"""Characters, after `strip_invisible`."""

_MAX_LOCAL_PART = 64
_MAX_LABEL = 63
_REFUSED_IN_ADDRESS = frozenset('()<>[]{}",:;\\`|/?*')


def email_key(text: str) -> str:
    """By which addresses are compared: compatibility forms and case folded, outer white space gone.

    Dots and +tags stay, since they make another mailbox at most providers; look-alike letters stay different.
    """
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFD", text).casefold())
    return unicodedata.normalize("NFKC", folded.casefold()).strip()


def validate_email(text: str) -> str | None:
    """A sentence about what is wrong with an address, or None; outer white space is not held against it."""
    address = text.strip()
    local, _, domain = address.rpartition("@")
    if not address:
        return "Enter an e-mail address."
    if len(address) > MAX_EMAIL or len(local) > _MAX_LOCAL_PART:
        return f"This e-mail address is too long; at most {MAX_EMAIL} characters, {_MAX_LOCAL_PART} before the @."
    if any(character.isspace() or is_invisible(character) for character in address):
        return "An e-mail address has no spaces or invisible characters in it."
    if address.count("@") != 1 or not local or not domain:
        return "An e-mail address looks like name@example.com."
    if _REFUSED_IN_ADDRESS & set(address) or "" in local.split("."):
        return "This e-mail address has characters where they can't be."
    return None if _is_domain(domain) else "What follows the @ is not a domain name such as example.com."


def _is_domain(domain: str) -> bool:
    labels = domain.split(".")
    return len(labels) > 1 and not labels[-1].isdigit() and all(map(_is_label, labels))


def _is_label(label: str) -> bool:
    spelled = all(character == "-" or unicodedata.category(character)[0] in "LMN" for character in label)
    return 0 < len(label) <= _MAX_LABEL and spelled and label[0] != "-" and label[-1] != "-"


class Move(StrEnum):
    """What can be done to an access request: the site owner's three decisions, and the person's asking again."""

    APPROVE = "approve"
    DENY = "deny"
    REVOKE = "revoke"
    ASK = "ask"


MOVES: Mapping[tuple[RequestState, Move], RequestState] = MappingProxyType(
    {
        (RequestState.PENDING, Move.APPROVE): RequestState.APPROVED,
        (RequestState.PENDING, Move.DENY): RequestState.DENIED,
        (RequestState.APPROVED, Move.REVOKE): RequestState.REVOKED,
        (RequestState.DENIED, Move.APPROVE): RequestState.APPROVED,
        (RequestState.DENIED, Move.ASK): RequestState.PENDING,
        (RequestState.REVOKED, Move.APPROVE): RequestState.APPROVED,
        (RequestState.REVOKED, Move.ASK): RequestState.PENDING,
    }
)
"""Where each move leads; a pair that is missing here is a conflict with a sentence in `refusal`."""

_REFUSALS: Mapping[tuple[RequestState, Move], str] = MappingProxyType(
    {
        (RequestState.PENDING, Move.REVOKE): "Not decided yet{when}; deny it instead.",
        (RequestState.PENDING, Move.ASK): "Already asked{when}; it waits for a decision.",
        (RequestState.APPROVED, Move.APPROVE): "Already approved{when}.",
        (RequestState.APPROVED, Move.DENY): "Already approved{when}; revoke it instead.",
        (RequestState.APPROVED, Move.ASK): "Already approved{when}; sign in instead.",
        (RequestState.DENIED, Move.DENY): "Already denied{when}.",
        (RequestState.DENIED, Move.REVOKE): "Already denied{when}; there is nothing to revoke.",
        (RequestState.REVOKED, Move.DENY): "Already revoked{when}; there is nothing to deny.",
        (RequestState.REVOKED, Move.REVOKE): "Already revoked{when}.",
    }
)


def refusal(state: RequestState, move: Move, *, when_text: str = "") -> str | None:
    """Why the move is a conflict in that state, or None if it is none.

    `when_text` is when the state was reached, as it stands in a sentence ("on 12 November at 10:52").
    """
    sentence = _REFUSALS.get((state, move))
    return sentence and sentence.replace("{when}", f" {when_text}" if when_text else "")
