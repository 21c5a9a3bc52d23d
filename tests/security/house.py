"""The stage of the matrix: two tenants with all their roles, the site owner, a stranger and somebody revoked."""

import secrets

from starlette.testclient import TestClient

from handlers.guards import DEVICE_COOKIE
from rules.states import ProjectRole, WorkspaceRole
from rules.tokens import token_digest
from settings import Settings
from store import api_tokens, devices, experiences, members, projects, workspaces
from store.connect import immediate
from tests.cast import now_ms
from tests.handlers.stage import MEMBERS, Scene, Stage

THEIRS = tuple(f"their-{role}" for role in MEMBERS)
"""The same roles in another workspace."""
SITE_OWNER = "site-owner"
REVOKED = "revoked"
ABROAD = (*THEIRS, SITE_OWNER)
"""Strangers to the workspace that is asked for, however much they are elsewhere."""


class House(Stage):
    """A stage with everybody on it; scenes are used again until somebody has changed something in one."""

    def __init__(self, settings: Settings, client: TestClient) -> None:
        super().__init__(settings, client)
        with immediate(self.db) as db:
            for name in (*THEIRS, SITE_OWNER, REVOKED):
                self._enter(db, name)
        # Their device and token stay where they are: it is the decision that must count.
        self.db.conn.execute("update access_requests set state = 'revoked' where account_id = 'dbid:revoked'")
        self.theirs = self._their_scene()
        self._scene: Scene | None = None
        self._paths: dict[str, str] = {}
        self._project_tokens: dict[str, dict[str, str]] = {}

    def clean_scene(self) -> Scene:
        """The workspace that is asked for, as its people left it."""
        if self._scene is None:
            self._scene, self._paths, self._project_tokens = self.scene(), {}, {}
        return self._scene

    def used_up(self) -> None:
        """Something was changed in the scene: the next cell gets a new one."""
        self._scene = None

    def sign_in_again(self, name: str) -> None:
        """A fresh device for somebody who was signed out."""
        secret = secrets.token_urlsafe(32)
        with immediate(self.db) as db:
            devices.create(
                db, account_id=f"dbid:{name}", secret_hash=token_digest(secret), user_agent="test", now=now_ms()
            )
        self.browser(name).cookies.clear()
        self.browser(name).cookies.set(DEVICE_COOKIE, secret)

    def path(self, path: str) -> str:
        """The path with ids of the scene."""
        if "{export_id}" in path and path not in self._paths and any("{export_id}" in each for each in self._paths):
            self.used_up()  # A workspace is linked once.
        scene = self.clean_scene()
        if path not in self._paths:
            self._paths[path] = self.filled(scene, path)
        return self._paths[path]

    def filled(self, scene: Scene, path: str) -> str:
        """What Stage fills in, and what stands in the paths of Admin, of the account page and of links."""
        with immediate(self.db) as db:
            if path.startswith("/account/devices/{id}"):
                digest = token_digest(secrets.token_urlsafe(32))
                spare = devices.create(
                    db, account_id="dbid:owner", secret_hash=digest, user_agent="spare", now=now_ms()
                )
                path = path.replace("{id}", spare)
            if path.startswith("/account/tokens/{id}"):
                digest = token_digest(secrets.token_urlsafe(32))
                spare = api_tokens.create(
                    db, account_id="dbid:owner", project_id=None, name="spare", token_hash=digest, now=now_ms()
                )
                path = path.replace("{id}", spare)
            if path.startswith("/admin/"):
                path = path.replace("{id}", self._request()).replace("{account}", self._approved())
        return self.fill(scene, path.replace("{token}", "x" * 43).replace("{path}", "x.css"))

    def token(self, whose: str) -> dict[str, str]:
        """The header of a project token: of the scene's project, of its other one, of a viewer's, or of theirs."""
        scene = self.clean_scene()
        if whose not in self._project_tokens:
            who, project = {
                "its token": ("owner", scene.project),
                "another token": ("owner", scene.other),
                "a viewer's token": ("viewer", scene.project),
                "their token": ("their-owner", self.theirs.project),
            }[whose]
            self._project_tokens[whose] = self.project_token(who, project)
        return self._project_tokens[whose]

    def _their_scene(self) -> Scene:
        now = now_ms()
        with immediate(self.db) as db:
            workspace = workspaces.create(db, name="Agency", by="dbid:their-owner", now=now)
            project = projects.create(db, workspace.id, name="Fairground", by="dbid:their-owner", now=now)
            other = projects.create(db, workspace.id, name="Bazaar", by="dbid:their-owner", now=now)
            experience = experiences.create(db, project.id, name="Kiosk", by="dbid:their-owner", now=now)
            for name, role in (("admin", WorkspaceRole.ADMIN), ("member", WorkspaceRole.MEMBER)):
                members.set_role(db, workspace.id, f"dbid:their-{name}", role, by=None, now=now, way="command")
            for name, place in (("editor", ProjectRole.EDITOR), ("viewer", ProjectRole.VIEWER)):
                members.set_project_role(db, project.id, f"dbid:their-{name}", place, by=None, now=now, way="command")
        return Scene(workspace, project, other, experience)

    def _request(self) -> str:
        """A fresh pending request."""
        made = secrets.token_urlsafe(12)
        self._insert_request(made, state="pending", account=None)
        return made

    def _approved(self) -> str:
        """Somebody approved who has signed in once."""
        made = f"dbid:{secrets.token_hex(8)}"
        self.db.conn.execute(
            """
            insert into accounts (id, email, display_name, created_at, signed_in_at, last_seen_at)
            values (:id, :id || '@example.com', 'Somebody', 1, 1, 1)
            """,
            {"id": made},
        )
        self._insert_request(secrets.token_urlsafe(12), state="approved", account=made)
        return made

    def _insert_request(self, request_id: str, *, state: str, account: str | None) -> None:
        decided = None if state == "pending" else 1
        self.db.conn.execute(
            """
            insert into access_requests (id, email_key, email, state, account_id, requested_at, decided_at,
                decided_way, created_at, updated_at)
            values (:id, :email, :email, :state, :account, 1, :decided, :way, 1, 1)
            """,
            {
                "id": request_id,
                "email": f"{request_id.lower()}@example.com",
                "state": state,
                "account": account,
                "decided": decided,
                "way": "command" if decided else None,
            },
        )
