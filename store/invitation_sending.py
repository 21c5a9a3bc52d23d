"""Telling somebody that they are invited, and asking the site owner for their access where they have none."""

from dataclasses import dataclass

from rules.approval import email_key
from rules.invitation_letter import invitation as letter
from rules.tokens import token_digest
from store import access_requests, access_rules, admission, installation, invitations
from store.access_requests import Inviter
from store.connect import Db, rows
from store.mails import Letterbox


@dataclass(frozen=True)
class Site:
    """What sending needs to know of the installation: the site owner's account id and address, and the letterbox."""

    owner: str | None
    owner_address: str | None
    letterbox: Letterbox


def send(db: Db, email: str, token: str, *, site: Site, now: int, ip: str) -> None:
    """Send the mail with this link, and make an access request for who needs one, which says who invited them.

    No mail goes to an address that the site owner has blocked; whoever invites is not told.
    """
    sent = invitations.by_hash(db, token_digest(token), owner=site.owner, now=now)
    lets_in = installation.lets_invited_in(db)
    written = letter(
        site.letterbox.head,
        token=token,
        email=email,
        inviter_name=sent.inviter_name,
        inviter_email=sent.inviter_email,
        workspace=sent.workspace_name,
        role=sent.role,
        projects=[(place.name, place.role) for place in sent.projects],
        expires_at=sent.expires_at,
        lets_in=lets_in,
    )
    if not access_rules.is_blocked(db, email):
        site.letterbox.drop(db, written, to=email, now=now)
    if not lets_in and not _has_access(db, email, site.owner, now=now) and not access_requests.is_full(db):
        access_requests.ask(
            db,
            email=email,
            name="",
            message="",
            owner_address=site.owner_address,
            letterbox=site.letterbox,
            ip=ip,
            now=now,
            inviter=Inviter(sent.inviter_id, sent.inviter_name, sent.inviter_email, sent.workspace_name),
        )


def _has_access(db: Db, email: str, owner: str | None, *, now: int) -> bool:
    """Whether the address is approved, or that of an account which is: its Dropbox may have another one by now."""
    approved = rows(
        db,
        f"select 1 from access_requests where email_key = :key and {admission.LASTS}",  # noqa: S608 - a constant
        key=email_key(email),
        now=now,
    )
    if approved:
        return True
    known = rows(db, "select id from accounts where lower(email) = lower(:email)", email=email)
    return any(admission.is_admitted(db, str(row["id"]), owner=owner, now=now) for row in known)
