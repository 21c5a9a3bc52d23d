"""The people who have a Dropbox here: those known from the start, and those added by the control API."""

import base64
import hashlib
from dataclasses import dataclass
from sqlite3 import Row

from sandbox.database import Database

# 2 TiB: a paid plan's size, so that nobody runs out of space unless a test asks for it.
DEFAULT_ALLOCATION = 2 * 1024**4


def account_id_for(email: str) -> str:
    """The account id that an address has in every sandbox: `dbid:` and 35 characters, as long as Dropbox's."""
    digest = hashlib.sha256(f"sandbox account {email.lower()}".encode()).digest()
    return "dbid:AA" + base64.urlsafe_b64encode(digest).decode()[:33]


@dataclass(frozen=True)
class KnownPerson:
    """Somebody who exists in a fresh sandbox."""

    email: str
    given_name: str
    surname: str
    email_verified: bool = True

    @property
    def account_id(self) -> str:
        return account_id_for(self.email)

    @property
    def display_name(self) -> str:
        return f"{self.given_name} {self.surname}"


PEOPLE: dict[str, KnownPerson] = {
    person.email: person
    for person in (
        KnownPerson("owner@example.com", "Olivia", "Owens"),
        KnownPerson("studio@example.com", "Samir", "Studer"),
        KnownPerson("agency@example.com", "Agnes", "Agnelli"),
        KnownPerson("unverified@example.com", "Uma", "Unger", email_verified=False),
    )
}


@dataclass(frozen=True)
class Person:
    """One account as it is stored; `allocation` and `used` are bytes, `namespace` is the id of the home folder."""

    account_id: str
    email: str
    email_verified: bool
    given_name: str
    surname: str
    uid: int
    namespace: int
    allocation: int
    used: int
    cursor_epoch: int

    @property
    def display_name(self) -> str:
        return f"{self.given_name} {self.surname}".strip()

    @property
    def initials(self) -> str:
        return (self.given_name[:1] + self.surname[:1]).upper()


def _person(row: Row) -> Person:
    return Person(**{**dict(row), "email_verified": bool(row["email_verified"])})


def add_person(
    db: Database,
    email: str,
    given_name: str,
    surname: str,
    *,
    email_verified: bool = True,
    allocation: int | None = None,
) -> Person:
    """Add somebody, or change the names, the verified flag and (if given) the space of who is there already."""
    with db.transaction():
        number = int(db.value("SELECT coalesce(max(uid), 2000100) + 1 FROM people"))
        db.run(
            "INSERT INTO people (account_id, email, email_verified, given_name, surname, uid, namespace, allocation)"
            " VALUES (:account_id, :email, :verified, :given, :surname, :number, :namespace, coalesce(:space, :plan))"
            " ON CONFLICT (account_id) DO UPDATE SET email_verified = :verified, given_name = :given,"
            " surname = :surname, allocation = coalesce(:space, allocation)",
            account_id=account_id_for(email),
            email=email,
            verified=int(email_verified),
            given=given_name,
            surname=surname,
            number=number,
            namespace=number + 7_000_000_000,
            space=allocation,
            plan=DEFAULT_ALLOCATION,
        )
        person = find_person(db, email)
    if person is None:
        raise LookupError(email)
    return person


def add_known_people(db: Database) -> None:
    """Put the known people there; those who are there keep their space and files."""
    for known in PEOPLE.values():
        if find_person(db, known.email) is None:
            add_person(db, known.email, known.given_name, known.surname, email_verified=known.email_verified)


def find_person(db: Database, email_or_id: str) -> Person | None:
    """Somebody by address (any case) or account id."""
    row = db.one("SELECT * FROM people WHERE email = :name OR account_id = :name", name=email_or_id)
    return None if row is None else _person(row)


def all_people(db: Database) -> list[Person]:
    """Everybody, in the order they came."""
    return [_person(row) for row in db.all("SELECT * FROM people ORDER BY uid")]


def set_allocation(db: Database, account_id: str, allocation: int) -> None:
    """Give a person this many bytes of space in all."""
    db.run("UPDATE people SET allocation = :allocation WHERE account_id = :id", allocation=allocation, id=account_id)


def reset_cursors(db: Database, account_id: str) -> None:
    """Make every list_folder cursor of a person invalid: their next use answers `reset`."""
    db.run("UPDATE people SET cursor_epoch = cursor_epoch + 1 WHERE account_id = :id", id=account_id)
