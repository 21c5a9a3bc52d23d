"""The people of the tests and how they get in: by the real pages, through the sandbox's real authorize step."""

import secrets
import time
from collections.abc import Callable
from urllib.parse import urlsplit

from starlette.testclient import TestClient

from commands import members, requests, tokens
from settings import Settings
from store.connect import DATABASE_FILE, Db, immediate, open_connection
from tests.sandbox_server import SandboxServer

OWNER = "owner@example.com"  # the site owner
STUDIO = "studio@example.com"  # owns a workspace
AGENCY = "agency@example.com"  # owns another one
UNVERIFIED = "unverified@example.com"
SAME_ORIGIN = {"sec-fetch-site": "same-origin"}


def now_ms() -> int:
    return time.time_ns() // 1_000_000


class Cast:
    """Commands and sign-ins against one running app."""

    def __init__(self, sandbox: SandboxServer, settings: Settings, client: TestClient) -> None:
        self.sandbox = sandbox
        self.settings = settings
        self.client = client

    def db(self) -> Db:
        return open_connection(self.settings.data_dir / DATABASE_FILE)

    def command(self, body: Callable[..., list[str]], *args: object, **kwargs: object) -> list[str]:
        db = self.db()
        try:
            with immediate(db):
                return body(db, self.settings, *args, now=now_ms(), **kwargs)
        finally:
            db.conn.close()

    def approve(self, email: str) -> None:
        self.command(requests.approve, email)

    def browser(self) -> TestClient:
        """Another browser on the same running app: own cookies, same server."""
        second = TestClient(self.client.app, base_url=self.settings.origin, headers=SAME_ORIGIN, follow_redirects=False)
        second.portal = self.client.portal
        second.app_state.update(self.client.app_state)
        return second

    def sign_in(self, email: str, client: TestClient | None = None, *, allow: bool = True) -> TestClient:
        """Sign in through the real round trip; returns the browser."""
        browser = client or self.browser()
        answer = browser.post("/login", data={"next": "/"})
        assert answer.status_code == 303, answer.text
        back = self.sandbox.decide(answer.headers["location"], email, allow=allow)
        browser.get(path_of(back))
        return browser

    def connect(
        self, browser: TestClient, workspace_id: str, email: str, *, allow: bool = True, next_path: str = ""
    ) -> str:
        """Connect a workspace to somebody's Dropbox; returns where the callback led."""
        answer = browser.post(
            f"/workspaces/{workspace_id}/dropbox/connect", data={"next": next_path} if next_path else {}
        )
        assert answer.status_code == 303, answer.text
        back = self.sandbox.decide(answer.headers["location"], email, allow=allow)
        led = browser.get(path_of(back))
        return str(led.headers["location"])

    def token(self, email: str, project_id: str | None = None) -> str:
        lines = self.command(tokens.create, email, project_id=project_id, name="test")
        return next(word for line in lines for word in line.split() if word.startswith("clem_"))

    def member(self, email: str, role: str, *, workspace_id: str | None = None, project_id: str | None = None) -> None:
        self.command(members.set_role, email, workspace_id=workspace_id, project_id=project_id, role=role)

    def account_id(self, email: str) -> str:
        return self.sandbox.account_id(email)


def path_of(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.path}?{parts.query}" if parts.query else parts.path


def job() -> str:
    return f"job-{secrets.token_hex(6)}"
