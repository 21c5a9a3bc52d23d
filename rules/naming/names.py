"""Safe names: a text made fit to be one part of a path in Dropbox and on the computers that it syncs to."""

import re
import unicodedata

from rules.characters import cut, strip_invisible

MAX_NAME = 80
"""Characters of a safe name."""

UNTITLED = "Untitled"

FORBIDDEN = '/\\:*?"<>|'
"""Dropbox refuses the first two; the others do not sync to Windows."""

_FORBIDDEN = re.compile(f"[{re.escape(FORBIDDEN)}]")
_DEVICES = frozenset(
    ["con", "prn", "aux", "nul", "conin$", "conout$"]
    + [f"{port}{n}" for port in ("com", "lpt") for n in "123456789¹²³"]
)
IGNORED_BY_DROPBOX = frozenset(["desktop.ini", "thumbs.db", ".ds_store", "icon\r", ".dropbox", ".dropbox.attr"])
"""In lower case; Dropbox takes no file or folder of these names."""


def safe_name(text: str) -> str:
    """A project's, experience's or placeholder's text as one path part: at most 80 characters, never empty.

    CONTRACT.md §5 lists the steps; doing them twice changes nothing.
    """
    whole = clean(text)
    name = unreserved(trim(cut(whole, MAX_NAME)))
    if len(name) > MAX_NAME:
        name = unreserved(trim(cut(whole, MAX_NAME - 1)))
    return name or UNTITLED


def clean(text: str) -> str:
    """The text in NFC, without invisible or forbidden characters, white space single, trimmed; may be empty."""
    return trim(unicodedata.normalize("NFC", _FORBIDDEN.sub("-", strip_invisible(text))))


def trim(text: str) -> str:
    """Without outer spaces and dots, which Windows and Dropbox drop or refuse."""
    return text.strip(" .")


def unreserved(name: str) -> str:
    """The name with a `_` where it takes one to be no name that Dropbox or Windows reserves.

    That is the end, but for devices with an extension (`CON.txt` is the device still) the end of the stem, and for
    beginnings that Dropbox takes for temporary files the very beginning.
    """
    stem, dot, rest = name.partition(".")
    if stem.rstrip(" ").lower() in _DEVICES:
        return f"{stem.rstrip(' ')}_{dot}{rest}"
    lowered = name.lower()
    if lowered.startswith(("~$", ".~")):
        return f"_{name}"
    if lowered in IGNORED_BY_DROPBOX or (lowered.startswith("~") and lowered.endswith(".tmp")):
        return f"{name}_"
    return name
