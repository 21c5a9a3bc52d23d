"""Whose export goes next: the Dropbox accounts in a ring, each with a share of the upload slots, and bytes on account.

Deficit round robin: an account that used up its bytes waits until the others had theirs. A plan only: nothing here
claims, sends or knows the time.
"""

from collections import OrderedDict
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field

SLOTS = 32
LEAST_SHARE = 2
QUANTUM_BYTES = 32_000_000
FILE_BYTES = 1_000_000
"""What a file costs beside its bytes: calls, however small it is."""


def cost(size: int) -> int:
    """What an export of `size` bytes costs its account."""
    return size + FILE_BYTES


@dataclass(frozen=True)
class Grant:
    """The account may claim up to `files` exports; the last of them may begin within `budget` bytes of cost."""

    account: str
    files: int
    budget: int


@dataclass
class _Account:
    due: bool = False
    busy: int = 0
    deficit: int = QUANTUM_BYTES


@dataclass
class Ring:
    """Accounts with something due, or with slots in use. A newcomer goes before those that had their turn.

    An account's `deficit` may fall below zero by one file: that is paid back before it is served again, unless
    nobody else wants the slot.
    """

    slots: int = SLOTS
    _accounts: dict[str, _Account] = field(default_factory=dict)
    _new: OrderedDict[str, None] = field(default_factory=OrderedDict)
    _old: OrderedDict[str, None] = field(default_factory=OrderedDict)
    _old_is_next: bool = False

    def due(self, accounts: Collection[str]) -> None:
        """These have something to do at this moment, and no others have."""
        for name in [name for name, account in self._accounts.items() if account.due and name not in accounts]:
            self.nothing_due(name)
        for name in accounts:
            account = self._accounts.setdefault(name, _Account())
            if not account.due:
                account.due = True
                (self._old if account.busy else self._new)[name] = None

    def nothing_due(self, name: str) -> None:
        """The account has nothing more to do for now."""
        if name in self._accounts:
            self._accounts[name].due = False
            self._new.pop(name, None)
            self._old.pop(name, None)
            self._forget(name)

    def is_due(self, name: str) -> bool:
        """Whether the account is known to have something to do."""
        return name in self._accounts and self._accounts[name].due

    def next(self, width: Callable[[str], int]) -> Grant | None:
        """Who may claim now, where `width` says how many uploads an account can bear at once; None: nobody."""
        free = self.slots - sum(account.busy for account in self._accounts.values())
        if free <= 0:
            return None
        first, second = (self._old, self._new) if self._old_is_next else (self._new, self._old)
        # Newcomers and the others by turns: neither can keep the others from their next round for ever.
        rooms = self._rooms(first, width) or self._rooms(second, width)
        if not rooms:
            return None
        if all(self._accounts[name].deficit <= 0 for name in rooms):
            self._new_round(rooms)
        name = next(name for name in rooms if self._accounts[name].deficit > 0)
        return Grant(name, min(rooms[name], free), self._accounts[name].deficit)

    def claimed(self, name: str, sizes: Collection[int]) -> None:
        """The account took exports of these sizes, each with a slot; then it is others' turn."""
        account = self._accounts[name]
        account.deficit -= sum(cost(size) for size in sizes)
        account.busy += len(sizes)
        self._old_is_next = name in self._new
        if account.due:
            self._new.pop(name, None)
            self._old.pop(name, None)
            self._old[name] = None

    def freed(self, name: str) -> None:
        """One of the account's slots is free again."""
        self._accounts[name].busy -= 1
        self._forget(name)

    def is_crowding(self, name: str) -> bool:
        """Whether the account holds more than its share while somebody below theirs waits for a slot."""
        # A copy, since this is asked from other threads, too.
        share, accounts = self._share(), list(self._accounts.values())
        if self._accounts[name].busy <= share or sum(each.busy for each in accounts) < self.slots:
            return False
        return any(each.due and each.busy < share for each in accounts)

    def _rooms(self, names: Iterable[str], width: Callable[[str], int]) -> dict[str, int]:
        """How many slots more each could use, in turn; those that could use none are left out."""
        return {name: room for name in names if (room := self._room(name, width(name))) > 0}

    def _share(self) -> int:
        """With few accounts, a large part of the slots each; a lone one gets everything."""
        return max(LEAST_SHARE, self.slots // max(len(self._accounts), 1))

    def _room(self, name: str, width: int) -> int:
        return min(width, self._share()) - self._accounts[name].busy

    def _new_round(self, names: Iterable[str]) -> None:
        """As many rounds at once as it takes until one of them has something on account."""
        accounts = [self._accounts[name] for name in names]
        rounds = min(-account.deficit // QUANTUM_BYTES + 1 for account in accounts)
        for account in accounts:
            account.deficit = min(account.deficit + rounds * QUANTUM_BYTES, QUANTUM_BYTES)

    def _forget(self, name: str) -> None:
        account = self._accounts[name]
        if not account.due and not account.busy:
            del self._accounts[name]
