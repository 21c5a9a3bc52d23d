"""E-mail addresses and domains as rules about them and searches compare them.

What a usable address is, and when two are the same, stands in approval.py.
"""

import unicodedata

from rules.approval import email_key, validate_email

_STAND_IN = "somebody@"


def search_key(*texts: str) -> str:
    """What a search looks into: the texts folded as addresses are, one space between them."""
    return " ".join(filter(None, (email_key(text) for text in texts)))


def domain_key(text: str) -> str:
    """A domain as it is compared: folded, and in its ASCII form, so that both spellings of an umlaut are one."""
    folded = unicodedata.normalize("NFKC", text).casefold().strip().rstrip(".")
    try:
        return folded.encode("idna").decode("ascii").lower()
    except UnicodeError:
        return folded


def spellings(domain: str) -> tuple[str, str]:
    """A domain as compared, and as it ends the key of an address that was written with its own letters."""
    try:
        return domain, email_key(domain.encode("ascii").decode("idna"))
    except UnicodeError:
        return domain, email_key(domain)


def domain_of(email: str) -> str:
    """The domain of an address, as it is compared."""
    return domain_key(email.rpartition("@")[2])


def domains_of(email: str) -> list[str]:
    """The domain of an address and those that it lies within, the narrowest first; never a bare ending like "com"."""
    labels = domain_of(email).split(".")
    return [".".join(labels[start:]) for start in range(len(labels) - 1)]


def validate_domain(text: str) -> str | None:
    """A sentence about what is wrong with a domain, or None."""
    if validate_email(_STAND_IN + text.strip()) is None:
        return None
    return "Write an address such as name@example.com or a domain such as example.com."
