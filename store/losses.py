"""A connection that Dropbox no longer honours: marked once, and its workspace's owners and admins are told once.

Which failures mean that is rules/retry.py's to say; the move of the row itself is made in connections.py.
"""

from dataclasses import dataclass, field

from rules.envelope import Keyring
from rules.letters import connection_lost
from store import connections, installation
from store.admission import ADMITTED
from store.connect import Db, rows
from store.mails import Letterbox


@dataclass(frozen=True)
class Loss:
    """What was refused, and what it takes to tell people: `refused` is the refresh token (None: it can't be opened).

    `configured_owner` is the site owner's account id from the settings, if it is set there.
    """

    refused: str | None = field(repr=False)
    keyring: Keyring
    letterbox: Letterbox
    configured_owner: str | None


def lose(db: Db, connection_id: str, loss: Loss, *, now: int) -> bool:
    """Mark the connection as needing a person, with one mail to each owner and admin; False if that was done before.

    Nothing happens either when the grant has been replaced in the meantime.
    """
    if not connections.lost(db, connection_id=connection_id, refused=loss.refused, keyring=loss.keyring, now=now):
        return False
    people = rows(
        db,
        f"""
        select a.email, w.id, w.name from connections c
        join workspaces w on w.id = c.workspace_id
        join members m on m.workspace_id = w.id and m.role in ('owner', 'admin')
        join accounts a on a.id = m.account_id
        where c.id = :connection and {ADMITTED}
        order by a.email
        """,  # noqa: S608 - our own text
        connection=connection_id,
        site_owner=installation.owner_id(db, loss.configured_owner),
        now=now,
    )
    for person in people:
        letter = connection_lost(loss.letterbox.head, workspace=str(person["name"]), workspace_id=str(person["id"]))
        loss.letterbox.drop(db, letter, to=str(person["email"]), now=now, topic="connection_lost")
    return True
