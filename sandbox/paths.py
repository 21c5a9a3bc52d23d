"""Paths as Dropbox reads them: which names it takes, how case is ignored, how `id:`, `rev:` and `ns:` are followed."""

import re
import unicodedata

from sandbox.callers import Caller
from sandbox.database import Database
from sandbox.refusals import Refusal

MAX_COMPONENT = 255
MAX_PATH = 5000
IGNORED_NAMES = {"desktop.ini", "thumbs.db", ".ds_store", "icon\r", ".dropbox", ".dropbox.attr", ".dropbox.cache"}
TEMPORARY_NAMES = re.compile(r"~\$.*|\.~.*|~.*\.tmp", re.DOTALL)


def lower(path: str) -> str:
    """The key under which a path is found: case and the two ways to write an accent make no difference."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", path).lower())


def parent_of(path: str) -> str:
    """The folder that holds a path; the empty string is the root."""
    return path.rpartition("/")[0]


def name_of(path: str) -> str:
    """The last component of a path."""
    return path.rpartition("/")[2]


def check_names(path: str) -> None:
    """Refuse a path that Dropbox would refuse, whether it is read or written."""
    if len(path) > MAX_PATH:
        raise Refusal("malformed_path")
    for component in path.split("/")[1:]:
        well_formed = (
            component not in ("", ".", "..")
            and "\\" not in component
            and "\0" not in component
            and "\x7f" not in component
            and component == component.rstrip()
            and len(component) <= MAX_COMPONENT
        )
        if not well_formed:
            raise Refusal("malformed_path")


def check_new_name(path: str) -> None:
    """Refuse a path for something new: malformed ones, and names that Dropbox never saves."""
    if path.strip("/") == "":
        raise Refusal("malformed_path")
    components = path.split("/")[1:]
    if components[-1].lower() in IGNORED_NAMES or TEMPORARY_NAMES.fullmatch(components[-1]):
        raise Refusal("disallowed_name")
    check_names(path)


def absolute(db: Database, caller: Caller, given: str) -> str:
    """The path argument of a call as a path in the person's whole Dropbox; `""` and `ns:…` are the caller's root.

    Slashes at the beginning count as one: rclone lists the folders of a root as `//name`.
    Raises Refusal with a LookupError tag: not_found for ids and namespaces that the caller can't see.
    """
    if given.startswith("ns:"):
        number, slash, rest = given[3:].partition("/")
        if number != str(caller.person.namespace):
            raise Refusal("not_found")
        return caller.root + slash + rest
    if given.startswith(("id:", "rev:")):
        return _by_id(db, caller, given)
    return caller.root + (f"/{given.lstrip('/')}" if given.startswith("//") else given)


def absolute_for_writing(db: Database, caller: Caller, given: str) -> str:
    """The same for a call that writes; where the caller can't see, it may not write: a WriteError tag."""
    try:
        return absolute(db, caller, given)
    except Refusal:
        raise Refusal("no_write_permission") from None


def _by_id(db: Database, caller: Caller, given: str) -> str:
    name, slash, rest = given.partition("/")
    if name.startswith("rev:"):
        sql = (
            "SELECT n.display FROM revisions r JOIN nodes n USING (account_id, lower)"
            " WHERE r.rev = :key AND account_id = :account"
        )
        found = db.value(sql, key=name[4:], account=caller.account_id)
    else:
        sql = "SELECT display FROM nodes WHERE file_id = :key AND account_id = :account AND NOT deleted"
        found = db.value(sql, key=name, account=caller.account_id)
    if found is None or not within(lower(found), lower(caller.root)):
        raise Refusal("not_found")
    return str(found) + slash + rest


def within(path: str, root: str) -> bool:
    """Whether a lower-cased path lies in (or is) a lower-cased root."""
    return path == root or path.startswith(root + "/")
