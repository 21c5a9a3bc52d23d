"""A running app with everybody of DESIGN.md §2 signed in, for tests that ask who may what.

The people come by rows, not through Dropbox: here it is their roles that are tested, not their sign-in.
"""

import base64
import secrets
from dataclasses import dataclass
from pathlib import Path

from httpx2 import Response
from pydantic import SecretStr
from starlette.testclient import TestClient

from handlers.guards import DEVICE_COOKIE
from rules.states import ProjectRole, WorkspaceRole
from rules.tokens import TOKEN_BYTES, api_token, token_digest
from settings import Settings
from store import api_tokens, devices, experiences, inviting, members, projects, workspaces
from store.connect import DATABASE_FILE, Db, immediate, open_connection
from store.experiences import Experience
from store.invitation_sending import Site
from store.inviting import Offer
from store.mails import Letterbox
from store.projects import Project
from store.workspaces import Workspace
from tests.cast import SAME_ORIGIN, job, now_ms
from tests.pictures import jpeg

ORIGIN = "https://clementine.test"
MEMBERS = ("owner", "admin", "editor", "viewer", "member")
PEOPLE = (*MEMBERS, "stranger")


def settings_on(folder: Path) -> Settings:
    """Complete settings without a Dropbox: nothing here calls one."""
    return Settings.model_validate(
        {
            "base_url": ORIGIN,
            "data_dir": folder,
            "secret_key": SecretStr(secrets.token_urlsafe(32)),
            "token_keys": SecretStr("k1:" + base64.b64encode(secrets.token_bytes(32)).decode()),
            "owner_dropbox_account_id": "dbid:site-owner",
            "dropbox_app_key": "key",
            "dropbox_app_secret": SecretStr("secret"),
            "dropbox_url": "http://127.0.0.1:9",
            "limits": "off",
        }
    )


@dataclass(frozen=True)
class Scene:
    """A fresh workspace with all members in their roles, two projects, and in the first one an experience."""

    workspace: Workspace
    project: Project
    other: Project
    experience: Experience

    @property
    def ids(self) -> dict[str, str]:
        """What stands in paths, by its name there."""
        return {
            "workspace_id": self.workspace.id,
            "project_id": self.project.id,
            "experience_id": self.experience.id,
            "account": "dbid:member",
        }


class Stage:
    """Everybody's browser and personal token on one running app; `db` is a connection of one's own to its file."""

    def __init__(self, settings: Settings, client: TestClient) -> None:
        self.settings = settings
        self.client = client
        self._tokens: dict[str, str] = {}
        self._browsers: dict[str, TestClient] = {"signed out": self._browser()}
        self.db = open_connection(settings.data_dir / DATABASE_FILE)
        with immediate(self.db) as db:
            for name in PEOPLE:
                self._enter(db, name)

    def browser(self, name: str) -> TestClient:
        """Somebody's browser; "signed out" is nobody's."""
        return self._browsers[name]

    def bearer(self, name: str) -> dict[str, str]:
        """The header of somebody's personal token; none for "no token"."""
        return {} if name == "no token" else {"authorization": f"Bearer {self._tokens[name]}"}

    def project_token(self, name: str, project: Project) -> dict[str, str]:
        """The header of a new token of that account for that project."""
        with immediate(self.db) as db:
            made = self._token(db, name, project.id)
        return {"authorization": f"Bearer {made}"}

    def scene(self) -> Scene:
        """A workspace that nobody has touched yet, for people who have just signed in."""
        now = now_ms()
        with immediate(self.db) as db:
            for name in MEMBERS:
                self.age(name, 0)
            workspace = workspaces.create(db, name="Studio", by="dbid:owner", now=now)
            project = projects.create(db, workspace.id, name="Gala", by="dbid:owner", now=now)
            other = projects.create(db, workspace.id, name="Other", by="dbid:owner", now=now)
            experience = experiences.create(db, project.id, name="Booth", by="dbid:owner", now=now)
            for name, role in (("admin", WorkspaceRole.ADMIN), ("member", WorkspaceRole.MEMBER)):
                members.set_role(db, workspace.id, f"dbid:{name}", role, by=None, now=now, way="command")
            for name, place in (("editor", ProjectRole.EDITOR), ("viewer", ProjectRole.VIEWER)):
                members.set_project_role(db, project.id, f"dbid:{name}", place, by=None, now=now, way="command")
        return Scene(workspace, project, other, experience)

    def fill(self, scene: Scene, path: str) -> str:
        """`/projects/{project_id}` with the scene's ids; a result or an export is made where the path asks for one."""
        ids = scene.ids
        if "{export_id}" in path:
            self.link(scene)
            ids["export_id"] = self.push(scene).json()["exports"][0]["id"]
        if "{result_id}" in path:
            ids["result_id"] = self.push(scene).json()["id"]
        if "{invitation_id}" in path:
            ids["invitation_id"] = self.invite(scene)
        return path.format(**ids)

    def invite(self, scene: Scene, email: str = "guest@example.com", *, by: str = "owner") -> str:
        """Have somebody invited as a member into the project; the invitation's id."""
        site = Site(owner=None, owner_address=None, letterbox=Letterbox.of(self.settings))
        offer = Offer(email, WorkspaceRole.MEMBER, {scene.project.id: ProjectRole.VIEWER})
        with immediate(self.db) as db:
            return inviting.invite(db, scene.workspace.id, offer, by=f"dbid:{by}", site=site, now=now_ms())

    def age(self, name: str, minutes: float) -> None:
        """Let somebody have signed in so many minutes ago."""
        self.db.conn.execute(
            "update devices set created_at = :at where account_id = :account",
            {"at": now_ms() - int(minutes * 60_000), "account": f"dbid:{name}"},
        )

    def link(self, scene: Scene, status: str = "needs_reauth") -> None:
        """Give the workspace a connection in this status and switch the project's export on; no Dropbox is called."""
        with immediate(self.db) as db:
            db.conn.execute(
                """
                insert into connections (id, workspace_id, status, dropbox_account_id, account_email,
                    account_display_name, token, scopes, connected_by, connected_at, lost_at, updated_at)
                values (:id, :id, :status, 'dbid:box', 'box@example.com', 'Box', :token, '', 'dbid:owner', 1, :lost, 1)
                """,
                {
                    "id": scene.workspace.id,
                    "status": status,
                    "token": None if status == "disconnected" else "sealed",
                    "lost": 1 if status == "needs_reauth" else None,
                },
            )
            db.conn.execute(
                """
                update export_settings set enabled = 1, enabled_by = 'dbid:owner', enabled_at = 1
                where project_id = :project
                """,
                {"project": scene.project.id},
            )

    def push(self, scene: Scene) -> Response:
        """A picture, pushed by the workspace's owner."""
        return self.client.post(
            f"/api/v1/experiences/{scene.experience.id}/results",
            data={"job_id": job()},
            files={"file": ("photo.jpg", jpeg(), "image/jpeg")},
            headers=self.bearer("owner"),
        )

    def _browser(self) -> TestClient:
        browser = TestClient(self.client.app, base_url=ORIGIN, headers=SAME_ORIGIN, follow_redirects=False)
        browser.portal = self.client.portal
        browser.app_state.update(self.client.app_state)
        return browser

    def _token(self, db: Db, name: str, project_id: str | None) -> str:
        made, now = api_token(secrets.token_bytes(TOKEN_BYTES)), now_ms()
        digest = token_digest(made)
        api_tokens.create(db, account_id=f"dbid:{name}", project_id=project_id, name="test", token_hash=digest, now=now)
        return made

    def _enter(self, db: Db, name: str) -> None:
        now, account_id = now_ms(), f"dbid:{name}"
        db.conn.execute(
            """
            insert into accounts (id, email, display_name, created_at, signed_in_at, last_seen_at)
            values (:id, :email, :name, :now, :now, :now)
            """,
            {"id": account_id, "email": f"{name}@example.com", "name": name.capitalize(), "now": now},
        )
        db.conn.execute(
            """
            insert into access_requests (id, email_key, email, state, account_id, requested_at, decided_at,
                decided_way, created_at, updated_at)
            values (:id, :email, :email, 'approved', :account, :now, :now, 'command', :now, :now)
            """,
            {"id": f"request-{name}", "email": f"{name}@example.com", "account": account_id, "now": now},
        )
        secret = secrets.token_urlsafe(32)
        devices.create(db, account_id=account_id, secret_hash=token_digest(secret), user_agent="test", now=now)
        self._tokens[name] = self._token(db, name, None)
        self._browsers[name] = self._browser()
        self._browsers[name].cookies.set(DEVICE_COOKIE, secret)
