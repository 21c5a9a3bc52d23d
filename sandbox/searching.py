"""Searching names: which files and folders match, in which order, page by page. It never looks into files."""

import mimetypes
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, replace

from sandbox.database import Database
from sandbox.paths import lower
from sandbox.tree import Node, node_of

MOST = 10_000
WORD = re.compile(r"[^\W_]+")
EXTENSIONS = {
    "image": "bmp cr2 gif heic heif jpeg jpg nef png psd raw svg tif tiff webp",
    "document": "doc docm docx dot dotx md odt pages rtf txt",
    "pdf": "pdf",
    "spreadsheet": "csv gsheet numbers ods xls xlsm xlsx",
    "presentation": "gslides key odp pps ppsx ppt pptx",
    "audio": "aac aif aiff flac m4a mid mp3 ogg wav wma",
    "video": "3gp avi flv m4v mkv mov mp4 mpeg mpg webm wmv",
    "paper": "paper",
}
CATEGORIES = {name: frozenset(extensions.split()) for name, extensions in EXTENSIONS.items()}
NAMED = frozenset().union(*CATEGORIES.values())


@dataclass(frozen=True)
class Search:
    """What is looked for. `folder` is lower-cased and absolute; `skip` is how many matches earlier pages told.

    `newest`: the latest first instead of the most alike. `extensions` are without the dot; None: any.
    """

    query: str
    folder: str
    limit: int
    newest: bool = False
    deleted: bool = False
    extensions: tuple[str, ...] | None = None
    categories: tuple[str, ...] | None = None
    skip: int = 0


def words(text: str) -> list[str]:
    """The words of a name or a query, as they are compared."""
    return WORD.findall(lower(unicodedata.normalize("NFC", text)))


def _matches(name: str, wanted: list[str]) -> bool:
    """Whether each word that is looked for begins some word of a name."""
    there = words(name)
    return all(any(one.startswith(word) for one in there) for word in wanted)


def _kind_fits(node: Node, search: Search) -> bool:
    extension = node.name.rpartition(".")[2].lower() if "." in node.name else ""
    if search.extensions is not None and (node.kind == "folder" or extension not in search.extensions):
        return False
    if search.categories is None:
        return True
    return any(_in_category(node, extension, category) for category in search.categories)


def _in_category(node: Node, extension: str, category: str) -> bool:
    if node.kind == "folder" or category == "folder":
        return node.kind == "folder" and category == "folder"
    if category in CATEGORIES:
        kind = (mimetypes.guess_type(node.name)[0] or "").partition("/")[0]
        return extension in CATEGORIES[category] or (kind == category and extension not in NAMED)
    return extension not in NAMED


def page(db: Database, account_id: str, search: Search) -> tuple[list[Node], Search | None]:
    """The next matches, and the search that goes on after them when there are more."""
    found = sorted(_found(db, account_id, search), key=lambda node: _rank(node, search))[:MOST]
    following = search.skip + search.limit
    more = replace(search, skip=following) if len(found) > following else None
    return found[search.skip : following], more


def _rank(node: Node, search: Search) -> tuple[int, str]:
    """Where a match stands: by change from the newest, or the shorter (and so more alike) name first."""
    return (-node.changed if search.newest else len(node.name), node.lower)


def _found(db: Database, account_id: str, search: Search) -> Iterator[Node]:
    wanted = words(search.query)
    if not wanted:
        return
    # The longest word narrows it down in the database; what a match is, is decided here.
    rows = db.all(
        "SELECT * FROM nodes WHERE account_id = :a AND deleted = :deleted AND instr(lower, :word)"
        " AND lower > :folder || '/' AND lower < :folder || '0'",
        a=account_id,
        deleted=int(search.deleted),
        word=max(wanted, key=len),
        folder=search.folder,
    )
    for row in rows:
        node = node_of(row)
        if _matches(node.name, wanted) and _kind_fits(node, search):
            yield node
