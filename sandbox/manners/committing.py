"""Writing into somebody's Dropbox with care: the rules `two_commits`, `folder_first`, `autorename`, `unchanged`."""

from collections import OrderedDict
from collections.abc import Iterator
from typing import Any

from sandbox.history import Entry
from sandbox.manners.finding import COMMITTING, SAVING, Finding, Manner, Seen, commits_of

SOON_MS = 5_000
REMEMBERED = 20_000


class TwoCommits(Manner):
    """Two commits at once by one app in one namespace: one of them waits for the other's lock, or is refused.

    Decided when the earlier one ends: whoever had given it up (or was cut off) may have begun the next already.
    """

    def __init__(self) -> None:
        self._running: dict[int, Seen] = {}
        self._behind: dict[int, list[Entry]] = {}

    def begins(self, seen: Seen) -> Iterator[Finding]:
        if seen.entry.route in COMMITTING and seen.link is not None:
            for number, other in self._running.items():
                if other.link == seen.link:
                    self._behind[number].append(seen.entry)
            self._running[seen.entry.begin_no] = seen
            self._behind[seen.entry.begin_no] = []
        yield from ()

    def ends(self, seen: Seen) -> Iterator[Finding]:
        entry = seen.entry
        if self._running.pop(entry.begin_no, None) is None:
            return
        behind = self._behind.pop(entry.begin_no)
        if behind and not seen.abandoned and entry.status != 0:
            routes = " and ".join(one.route for one in (entry, behind[0]))
            yield Finding("two_commits", f"{routes} ran at once in one Dropbox", (entry, *behind))


class FolderFirst(Manner):
    """Creating folders for uploads, which make the folders that they need."""

    def __init__(self) -> None:
        self._made: OrderedDict[tuple[Any, str], tuple[int, Entry]] = OrderedDict()

    def begins(self, seen: Seen) -> Iterator[Finding]:
        if seen.entry.route not in SAVING:
            return
        for path, _ in commits_of(seen.argument):
            key = (seen.link, path.rpartition("/")[0])
            at, made = self._made.get(key, (0, None))
            if made is not None and seen.began <= at + SOON_MS:
                del self._made[key]
                yield Finding("folder_first", f"A folder was created just for the upload of {path}", (made, seen.entry))

    def ends(self, seen: Seen) -> Iterator[Finding]:
        entry = seen.entry
        if not entry.route.startswith("files/create_folder") or seen.link is None:
            return
        for path in entry.paths:
            key = (seen.link, path.lower())
            _, before = self._made.get(key, (0, None))
            if before is not None and (entry.error or "").startswith("path/conflict/folder"):
                yield Finding("folder_first", f"The folder {path} was created again", (before, entry))
            if entry.status in (200, 409):
                self._made[key] = (seen.now, entry)
        while len(self._made) > REMEMBERED:
            self._made.popitem(last=False)


class _Unknown:
    """Calls whose outcome their client can't know: cut off, broken by a fault, a 5xx. By person, app and path."""

    def __init__(self) -> None:
        self._calls: OrderedDict[tuple[Any, str], Entry] = OrderedDict()

    def get(self, seen: Seen, path: str) -> Entry | None:
        """The earlier call about a path that nobody knows the end of."""
        return self._calls.get((seen.link, path))

    def learn(self, seen: Seen) -> None:
        """Take down how a call ended."""
        for path, _ in commits_of(seen.argument):
            status, broken = seen.entry.status or 0, seen.entry.fault is not None
            if status == 0 or status >= 500 or (status == 200 and broken) or seen.abandoned:
                self._calls[seen.link, path] = seen.entry
            elif status in (200, 409):
                self._calls.pop((seen.link, path), None)
        while len(self._calls) > REMEMBERED:
            self._calls.popitem(last=False)


class Autorename(Manner):
    """Repeating an upload with autorename: if the first try came through after all, there are two files now."""

    def __init__(self) -> None:
        self._unknown = _Unknown()

    def begins(self, seen: Seen) -> Iterator[Finding]:
        if seen.entry.route in SAVING:
            for path, autorename in commits_of(seen.argument):
                earlier = self._unknown.get(seen, path)
                if autorename and earlier is not None:
                    text = f"The upload of {path} was repeated with autorename, and its first outcome is not known"
                    yield Finding("autorename", text, (earlier, seen.entry))

    def ends(self, seen: Seen) -> Iterator[Finding]:
        if seen.entry.route in SAVING:
            self._unknown.learn(seen)
        yield from ()


class Unchanged(Manner):
    """Sending bytes that lie there already, although nothing was unclear: the answer said so, or a look would have."""

    def __init__(self) -> None:
        self._unknown = _Unknown()

    def ends(self, seen: Seen) -> Iterator[Finding]:
        if seen.entry.route not in SAVING:
            return
        if seen.entry.status == 200:
            for path in seen.entry.unchanged:
                earlier = self._unknown.get(seen, path.lower())
                if earlier is None:
                    text = f"The bytes sent to {path} lay there already"
                    yield Finding("unchanged", text, (seen.entry,))
        self._unknown.learn(seen)
