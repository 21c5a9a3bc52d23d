"""What a Dropbox tree must be, in the plainest terms: the oracle of the property tests. Knows no sandbox."""

import unicodedata
from dataclasses import dataclass
from itertools import count


class Refused(Exception):
    """The model's answer to a call that must fail: the error's tags, outermost first."""


@dataclass(frozen=True)
class Thing:
    """A file (with content) or a folder. `id` and `rev` are what the server said when it made them."""

    path: str
    id: str
    content: bytes | None = None
    rev: str | None = None

    @property
    def kind(self) -> str:
        return "folder" if self.content is None else "file"


def key(path: str) -> str:
    """What makes two paths the same."""
    return unicodedata.normalize("NFC", path).lower()


def parent(path: str) -> str:
    return path.rpartition("/")[0]


class Model:
    """The tree as a mapping, and everything that was ever in a file."""

    def __init__(self) -> None:
        self.things: dict[str, Thing] = {}
        self.revs: dict[str, Thing] = {}

    def at(self, path: str) -> Thing | None:
        return self.things.get(key(path))

    def inside(self, path: str) -> list[str]:
        """The keys below a path, from the top."""
        return sorted(known for known in self.things if known.startswith(key(path) + "/"))

    def shown(self, path: str) -> str:
        """How a path is shown once it is there: folders keep the case they were made with."""
        if not path:
            return ""
        folder = self.at(parent(path))
        return (folder.path if folder else self.shown(parent(path))) + "/" + path.rpartition("/")[2]

    def check_parents(self, path: str) -> None:
        folder = parent(path)
        while folder:
            there = self.at(folder)
            if there is not None and there.kind == "file":
                raise Refused("conflict/file_ancestor")
            folder = parent(folder)

    def make_parents(self, path: str) -> None:
        """The folders on the way; their ids are not known yet."""
        if parent(path) and self.at(parent(path)) is None:
            self.make_parents(parent(path))
            self.things[key(parent(path))] = Thing(self.shown(parent(path)), "")

    def put(self, path: str, id: str, content: bytes | None, rev: str | None) -> None:
        self.make_parents(path)
        there = self.at(path)
        thing = Thing(there.path if there else self.shown(path), id, content, rev)
        self.things[key(path)] = thing
        if rev is not None:
            self.revs[rev] = thing

    def remove(self, path: str) -> None:
        for known in [key(path), *self.inside(path)]:
            del self.things[known]

    def free(self, path: str, *, copy: bool = False) -> str:
        """The first free name beside a taken one."""
        folder, _, name = path.rpartition("/")
        stem, dot, extension = name.rpartition(".")
        stem, dot, extension = (stem, dot, extension) if stem else (name, "", "")
        for number in count():
            note = f"conflicted copy {number}".removesuffix(" 0") if copy else f"{number + 1}"
            if self.at(found := f"{folder}/{stem} ({note}){dot}{extension}") is None:
                return found
        raise AssertionError("the numbers have come to an end")

    # -- what calls must lead to: the path that is written, None when nothing is, Refused when it must fail ----------

    def upload(
        self, path: str, content: bytes, mode: str, rev: str | None = None, *, autorename: bool, strict: bool
    ) -> str | None:
        there = self.at(path)
        if there is None:
            conflict = "file" if mode == "update" and strict else None
        elif there.kind == "folder":
            conflict = "folder"
        elif (
            mode == "overwrite" or (mode == "update" and rev == there.rev) or (there.content == content and not strict)
        ):
            conflict = None
        else:
            conflict = "file"
        if conflict is not None and not autorename:
            raise Refused(f"conflict/{conflict}")
        if conflict is None and there is not None and there.content == content:
            return None
        self.check_parents(path)
        return path if conflict is None else self.free(path, copy=mode == "update")

    def folder(self, path: str, *, autorename: bool) -> str:
        there = self.at(path)
        if there is not None:
            if not autorename:
                raise Refused(f"conflict/{there.kind}")
            return self.free(path)
        self.check_parents(path)
        return path

    def relocate(self, source: str, target: str, *, keep: bool, autorename: bool) -> str:
        thing = self.at(source)
        if thing is None:
            raise Refused("from_lookup/not_found")
        if thing.kind == "folder" and key(target).startswith(key(source) + "/"):
            raise Refused("duplicated_or_nested_paths" if keep else "cant_move_folder_into_itself")
        try:
            return self.folder(target, autorename=autorename)
        except Refused as refused:
            raise Refused(f"to/{refused}") from None

    def restore(self, path: str, rev: str) -> str | None:
        there = self.at(path)
        if there is not None and there.kind == "folder":
            raise Refused("path_write/conflict/folder")
        if there is not None and there.content == self.revs[rev].content:
            return None
        try:
            self.check_parents(path)
        except Refused as refused:
            raise Refused(f"path_write/{refused}") from None
        return path

    # -- what a follower must have ----------------------------------------------------------------------------------

    def listing(self, folder: str, *, recursive: bool) -> dict[str, str]:
        """Lower-cased path → `folder` or the rev, as a listing of a folder shows it."""
        if folder and (self.at(folder) is None or self.things[key(folder)].kind == "file"):
            return {}
        wanted = [known for known in self.inside(folder) if recursive or parent(known) == key(folder)]
        if folder and recursive:
            wanted.append(key(folder))
        return {known: self.things[known].rev or "folder" for known in wanted}
