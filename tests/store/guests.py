"""A workspace whose owner invites people, for tests of invitations: everybody came through a sign-in."""

import re
from dataclasses import dataclass

from rules.states import ProjectRole, WorkspaceRole
from rules.tokens import token_digest
from store import invitations, inviting, mails, projects, standing, workspaces
from store.connect import Db, immediate, rows
from store.invitation_sending import Site
from store.inviting import Offer
from tests.store.arrivals import KEYRING, LETTERBOX, NOW, OWNER, arrives

SITE = Site(owner=OWNER, owner_address="owner@example.com", letterbox=LETTERBOX)


@dataclass
class House:
    """ada owns the workspace Studio with the projects Gala and Fair."""

    db: Db
    workspace_id: str
    gala: str
    fair: str

    def invite(
        self,
        email: str,
        role: WorkspaceRole = WorkspaceRole.MEMBER,
        projects: dict[str, ProjectRole] | None = None,
        *,
        by: str = "ada",
        now: int = NOW,
        workspace_id: str | None = None,
    ) -> str:
        """Invite the address; the token of the link in the mail."""
        with immediate(self.db):
            inviting.invite(
                self.db,
                workspace_id or self.workspace_id,
                Offer(email, role, projects or {}),
                by=f"dbid:{by}",
                site=SITE,
                now=now,
                ip="192.0.2.7",
            )
        return self.token(email)

    def token(self, email: str) -> str:
        """The link's token in the newest invitation to the address."""
        newest = rows(
            self.db, "select token_hash from invitations where email = :email order by invited_at desc", email=email
        )[0]
        texts = [mail.text or "" for mail in mails.listed(self.db, KEYRING, limit=-1) if mail.recipient == email]
        found: list[str] = [token for text in texts for token in re.findall(r"/invitations/([\w-]{43})", text)]
        return next(token for token in found if token_digest(token) == newest["token_hash"])

    def worth(self, token: str, *, now: int = NOW) -> str:
        return invitations.by_token(self.db, token, owner=OWNER, now=now).worth

    def role(self, name: str) -> str | None:
        return standing.workspace_role(self.db, f"dbid:{name}", self.workspace_id)

    def place(self, name: str, project_id: str) -> str | None:
        return standing.project_role(self.db, f"dbid:{name}", project_id)

    def request(self, email: str) -> dict[str, object]:
        """The access request of the address; empty when there is none."""
        found = rows(self.db, "select * from access_requests where email = :email", email=email)
        return found[0] if found else {}


def house(db: Db) -> House:
    """Make it: ada is approved, signs in, and makes workspace and projects."""
    enter(db, "ada")
    with immediate(db):
        made = workspaces.create(db, name="Studio", by="dbid:ada", now=NOW)
        gala = projects.create(db, made.id, name="Gala", by="dbid:ada", now=NOW)
        fair = projects.create(db, made.id, name="Fair", by="dbid:ada", now=NOW + 1)
    return House(db, made.id, gala.id, fair.id)


def approve(db: Db, email: str) -> None:
    """The site owner lets the address in, whatever stood before."""
    db.conn.execute(
        """
        insert into access_requests (id, email_key, email, state, requested_at, decided_at, decided_way, created_at,
            updated_at)
        values (:email, :email, :email, 'approved', :now, :now, 'command', :now, :now)
        on conflict (email_key) do update set state = 'approved', decided_at = :now, decided_way = 'command'
        """,
        {"email": email, "now": NOW},
    )


def enter(db: Db, name: str) -> None:
    """Approve name@example.com and let them sign in for the first time."""
    approve(db, f"{name}@example.com")
    arrives(db, name)
