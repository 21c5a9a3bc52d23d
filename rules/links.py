"""Where a person may be sent next: a path of this site and nothing else."""

import re
from urllib.parse import unquote

MAX_NEXT = 2000
"""Characters; a longer one is none of ours."""

_PRINTABLE = re.compile(r"/[!-\[\]-~]*")  # printable ASCII without space and backslash, beginning with one slash
_SMUGGLED = re.compile(r"[\x00-\x20\\\x7f-\x9f]")


def safe_next(text: str | None) -> str | None:
    """The text itself if it is a local path (query and fragment may follow), else None.

    Refused: another scheme or host in any spelling, two slashes in a row, backslashes, control characters and
    spaces (percent-encoded ones in the path too), dot segments, and an @ in the path.
    """
    if not text or len(text) > MAX_NEXT or not _PRINTABLE.fullmatch(text):
        return None
    path = re.split(r"[?#]", text, maxsplit=1)[0]
    decoded = unquote(path, errors="replace")
    if "//" in decoded or "@" in decoded or _SMUGGLED.search(decoded):
        return None
    if any(segment in (".", "..") for segment in decoded.split("/")):
        return None
    return text
