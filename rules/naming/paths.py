"""Where a file goes: the selected folder, the project's folder, the destination, and when two paths are one."""

import unicodedata
from collections.abc import Iterator
from itertools import count

from rules.naming.names import IGNORED_BY_DROPBOX, safe_name
from rules.states import FolderStructure

MAX_FOLDER_PATH = 1000
"""Characters of a selected folder's path."""

_MAX_PART = 255


def path_key(path: str) -> str:
    """By which paths are compared: equal keys, one place in Dropbox, which ignores case.

    Lower case of NFC as in Dropbox's `path_lower`, so that `Straße` and `Strasse` stay two folders; and the
    Greek final sigma as the other one, since lower case alone depends on what follows it.
    """
    lowered = unicodedata.normalize("NFC", path).lower().replace("\u03c2", "\u03c3")
    return unicodedata.normalize("NFC", lowered)


def validate_folder_path(path: str) -> str:
    """The path of a selected folder as `/A/B`, or "" for the root; ValueError with a sentence if it can't be one.

    The folder may exist already, under any name that Dropbox allows, so nothing is replaced in it.
    """
    if len(path) > MAX_FOLDER_PATH:
        raise ValueError(f"A folder's path has at most {MAX_FOLDER_PATH} characters.")
    parts = [part for part in unicodedata.normalize("NFC", path).strip().split("/") if part]
    for part in parts:
        problem = _part_problem(part)
        if problem:
            raise ValueError(problem)
    return "".join(f"/{part}" for part in parts)


def _part_problem(part: str) -> str | None:
    if part in (".", ".."):
        return "A folder can't be called . or .. in Dropbox."
    if "\\" in part:
        return "Separate folders by / instead of \\."
    if any(unicodedata.category(character) in ("Cc", "Cs") for character in part):
        return "A folder's name can't contain control characters."
    if part != part.rstrip():
        return "A folder's name can't end with a space in Dropbox."
    if len(part) > _MAX_PART:
        return f"A folder's name has at most {_MAX_PART} characters."
    if part.lower() in IGNORED_BY_DROPBOX or part.startswith(("~$", ".~")):
        return f"Dropbox takes no folder called {part}."
    return None


def project_folder_candidates(name: str) -> Iterator[str]:
    """Folder names to try for a project until one is free, without end: `Gala`, `Gala (2)`, `Gala (3)`, …

    The number comes after the safe name, which is not cut for it.
    """
    safe = safe_name(name)
    yield safe
    for number in count(2):
        yield f"{safe} ({number})"


def destination_path(
    folder: str, project_folder: str, experience: str, structure: FolderStructure, date: str, file_name: str
) -> str:
    """The path that the API gets: relative to the root of the Dropbox app, beginning with a slash.

    `folder` is what `validate_folder_path` returned, `project_folder` the claimed one, `experience` its name as
    people wrote it, `date` as `date_text` has it, `file_name` as `file_name` or `candidates` made it.
    """
    inner = {
        FolderStructure.BY_EXPERIENCE: (safe_name(experience),),
        FolderStructure.BY_DATE: (safe_name(experience), date),
        FolderStructure.FLAT: (),
    }
    return "/".join((folder, project_folder, *inner[structure], file_name))


def display_path(app_folder: str, path: str) -> str:
    """The path as people find it in Dropbox; `app_folder` is empty for an app with access to the whole Dropbox."""
    return f"/Apps/{app_folder}{path}" if app_folder else path
