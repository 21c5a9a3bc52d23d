"""Somebody's way in, for tests of access: a keyring, a letterbox, and people who come back from Dropbox."""

import base64

from rules.envelope import Keyring
from rules.letters import Letterhead
from store import mails, sign_in
from store.connect import Db, immediate
from store.decisions import Decider
from store.mails import Letterbox, Mail
from store.sign_in import Arrival, Outcome

NOW = 1_770_000_000_000
MINUTE = 60_000
DAY = 86_400_000
KEYRING = Keyring.parse("k1:" + base64.b64encode(bytes(range(32))).decode())
LETTERBOX = Letterbox(Letterhead("Clementine", "https://photos.example.com"), KEYRING, sent=True)
KEPT = Letterbox(LETTERBOX.head, KEYRING, sent=False)
OWNER = "dbid:site-owner"
BY_OWNER = Decider(by=None, way="command")


def arrival(name: str, **changes: object) -> Arrival:
    """`name` comes back with a grant: as `dbid:name`, name@example.com, with the device digest `name-device`."""
    values: dict[str, object] = {
        "account_id": f"dbid:{name}",
        "email": f"{name}@example.com",
        "email_verified": True,
        "display_name": name.capitalize(),
        "scopes": "account_info.read",
        "user_agent": "curl/8",
        "ip": "192.0.2.1",
        "refresh_token": f"refresh-{name}",
        "secret_hash": f"{name}-device",
    }
    return Arrival(**{**values, **changes})  # type: ignore[arg-type]


def arrives(db: Db, name: str, *, now: int = NOW, configured_owner: str | None = OWNER, **changes: object) -> Outcome:
    """Let them try to sign in."""
    with immediate(db):
        return sign_in.complete(
            db, arrival(name, **changes), configured_owner=configured_owner, keyring=KEYRING, now=now
        )


def count(db: Db, table: str, where: str = "1 = 1") -> int:
    return int(db.conn.execute(f"select count(*) from {table} where {where}").fetchone()[0])


def mails_to(db: Db, recipient: str) -> list[Mail]:
    """What was written to this address, oldest first."""
    return [mail for mail in reversed(mails.listed(db, KEYRING)) if mail.recipient == recipient]
