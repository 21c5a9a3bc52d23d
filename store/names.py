"""The names that people give to workspaces, projects and experiences: what is accepted, and what is kept of them.

Names need not be unique. How a name becomes a folder in Dropbox is said in rules/naming.py.
"""

import unicodedata

from rules.characters import strip_invisible
from store.errors import Invalid

MOST = 100


def accepted(name: str, *, of: str) -> str:
    """The name as it is stored: without invisible characters, on one line, at most 100 characters.

    Raises Invalid for the field `name`; `of` is the noun in its sentence ("project").
    """
    kept = strip_invisible(name)
    if not any(unicodedata.category(character)[0] not in "MZ" for character in kept):
        raise Invalid({"name": f"Give the {of} a name."})
    if len(kept) > MOST:
        raise Invalid({"name": f"Keep the name to {MOST} characters; this one has {len(kept)}."})
    return kept


def fitted(name: str, *, otherwise: str) -> str:
    """A name that nobody typed here (a person's, from Dropbox) made acceptable: cut, or `otherwise` if empty."""
    try:
        return accepted(strip_invisible(name)[:MOST].rstrip(), of="workspace")
    except Invalid:
        return otherwise
