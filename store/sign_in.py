"""What a return from Dropbox's sign-in page does to the tables: a device for somebody admitted, nothing for others."""

from contextlib import suppress
from dataclasses import dataclass, field

from rules.envelope import Keyring
from store import accounts, audit, claim_links, devices, installation, joining, names, outbox, setup_links, workspaces
from store.admission import Admission, address_of, admit
from store.connect import Db
from store.errors import Conflict, NotFound


@dataclass(frozen=True)
class Arrival:
    """Who came back, with a grant, from which browser.

    `secret_hash` is the digest of the browser's fresh device secret; `replaces` that of the one it held before.
    `setup_hash` is set for those who came through the set-up link, `invitation_hash` for an invitation's, `claim_hash`
    for a claim link.
    """

    account_id: str
    email: str
    email_verified: bool
    display_name: str
    scopes: str
    user_agent: str
    ip: str
    refresh_token: str = field(repr=False)
    secret_hash: str = field(repr=False)
    replaces: str | None = field(repr=False, default=None)
    setup_hash: str | None = field(repr=False, default=None)
    invitation_hash: str | None = field(repr=False, default=None)
    claim_hash: str | None = field(repr=False, default=None)


@dataclass(frozen=True)
class Outcome:
    """How it ended. `link_spent`: they came through a set-up link that is used or has an owner before it."""

    admission: Admission
    first: bool = False
    link_spent: bool = False

    @property
    def signed_in(self) -> bool:
        return self.admission.allowed and not self.link_spent


def complete(db: Db, arrival: Arrival, *, configured_owner: str | None, keyring: Keyring, now: int) -> Outcome:
    """Sign the arrival in, or keep nothing but the sealed revocation of its grant.

    Whoever is let in gets a fresh device, and the one that the browser held ends. Invitations to their address and the
    one that they came through are taken up; a first sign-in without any makes a workspace.
    """
    owner = installation.owner_id(db, configured_owner)
    if arrival.setup_hash is not None:
        claimed = owner is None and setup_links.use(db, arrival.setup_hash, account_id=arrival.account_id, now=now)
        if not claimed:
            outbox.add_revocation(db, refresh_token=arrival.refresh_token, keyring=keyring, now=now)
            return Outcome(Admission.MISSING, link_spent=True)
        installation.set_owner(db, arrival.account_id, now=now)
        owner = arrival.account_id
        _note(db, arrival, "installation.claimed", now=now)
    if arrival.claim_hash is not None and arrival.account_id != owner:
        _claim(db, arrival, arrival.claim_hash, now=now)
    if arrival.email_verified:
        joining.let_in(db, arrival.email, account_id=arrival.account_id, owner=owner, now=now, ip=arrival.ip)
    admission = admit(
        db,
        account_id=arrival.account_id,
        email=arrival.email,
        email_verified=arrival.email_verified,
        owner=owner,
        now=now,
    )
    if not admission.allowed:
        outbox.add_revocation(db, refresh_token=arrival.refresh_token, keyring=keyring, now=now)
        return Outcome(admission)
    return Outcome(admission, first=_let_in(db, arrival, owner=owner, keyring=keyring, now=now))


def _claim(db: Db, arrival: Arrival, claim_hash: str, *, now: int) -> None:
    """Bind the account to the approval of its claim link; what has become of a dead one its page has said."""
    approved = claim_links.use(db, claim_hash, account_id=arrival.account_id, now=now)
    if approved is not None:
        audit.record(
            db,
            at=now,
            actor=arrival.account_id,
            way="page",
            action="access_request.claimed",
            subject=approved,
            detail=f"{arrival.email} ({arrival.account_id})",
            ip=arrival.ip,
        )


def _let_in(db: Db, arrival: Arrival, *, owner: str | None, keyring: Keyring, now: int) -> bool:
    first = accounts.sign_in(
        db,
        account_id=arrival.account_id,
        email=arrival.email,
        display_name=arrival.display_name,
        refresh_token=arrival.refresh_token,
        scopes=arrival.scopes,
        keyring=keyring,
        now=now,
    )
    if arrival.replaces is not None:
        devices.end_by_secret(db, arrival.replaces)
    devices.create(
        db,
        account_id=arrival.account_id,
        secret_hash=arrival.secret_hash,
        user_agent=arrival.user_agent,
        now=now,
    )
    _note(db, arrival, "account.signed_in", now=now)
    joined = _take_up(db, arrival, owner=owner, now=now)
    if first and not joined:
        name = names.fitted(
            f"{arrival.display_name}'s workspace" if arrival.display_name else "", otherwise="Workspace"
        )
        workspaces.create(db, name=name, by=arrival.account_id, now=now)
    return first


def _take_up(db: Db, arrival: Arrival, *, owner: str | None, now: int) -> bool:
    """Take up what the arrival is invited to; whether there was anything."""
    by_link = False
    if arrival.invitation_hash is not None:
        with suppress(NotFound, Conflict):  # Its page says what has become of it.
            joining.accept(
                db, arrival.invitation_hash, account_id=arrival.account_id, owner=owner, now=now, ip=arrival.ip
            )
            by_link = True
    by_address = [
        joining.accept_for_address(db, email, account_id=arrival.account_id, owner=owner, now=now, ip=arrival.ip)
        for email in _addresses(db, arrival)
    ]
    return by_link or any(by_address)


def _addresses(db: Db, arrival: Arrival) -> list[str]:
    """The addresses that are certainly theirs: as Dropbox has verified it, and as the site owner approved it."""
    approved = address_of(db, arrival.account_id)
    verified = [arrival.email] if arrival.email_verified else []
    return verified if approved is None else [*verified, approved]


def _note(db: Db, arrival: Arrival, action: str, *, now: int) -> None:
    audit.record(db, at=now, actor=arrival.account_id, way="page", action=action, subject=arrival.email, ip=arrival.ip)
