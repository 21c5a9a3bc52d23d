"""A workspace with people who came through the real sign-in, and a Dropbox of the sandbox to connect to it."""

import html
import re
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from starlette.testclient import TestClient

from store import experiences, projects
from store.connect import Db, immediate, rows
from tests.cast import STUDIO, Cast, now_ms, path_of
from tests.pictures import jpeg

PATIENCE = 15.0


class Studio:
    """studio@example.com owns a workspace with the project Gala, and in it the experience Booth."""

    def __init__(self, cast: Cast, db: Db) -> None:
        self.cast = cast
        self.sandbox = cast.sandbox
        self.db = db
        cast.approve(STUDIO)
        self.owner = cast.sign_in(STUDIO)
        self.account_id = cast.account_id(STUDIO)
        self.workspace_id = str(rows(db, "select id from workspaces")[0]["id"])
        self.project_id = self.project("Gala")
        self.experience_id = self.experience(self.project_id, "Booth")
        self.integrations = f"/workspaces/{self.workspace_id}/integrations"
        self.dropbox = f"/workspaces/{self.workspace_id}/dropbox"
        self.tab = f"/projects/{self.project_id}/connect"
        self.log = f"/projects/{self.project_id}/exports"
        self._token = ""

    def project(self, name: str) -> str:
        with immediate(self.db):
            return projects.create(self.db, self.workspace_id, name=name, by=self.account_id, now=now_ms()).id

    def experience(self, project_id: str, name: str) -> str:
        with immediate(self.db):
            return experiences.create(self.db, project_id, name=name, by=self.account_id, now=now_ms()).id

    def enters(self, role: str) -> TestClient:
        """Somebody new signs in and gets a role: admin or member of the workspace, editor or viewer of the project."""
        email = f"{role}@example.com"
        self.sandbox.add_person(email, given_name=role.capitalize(), surname="Doe")
        self.cast.approve(email)
        browser = self.cast.sign_in(email)
        if role in ("editor", "viewer"):
            self.cast.member(email, role, project_id=self.project_id)
        elif role != "stranger":
            self.cast.member(email, role, workspace_id=self.workspace_id)
        return browser

    def begin(self, browser: TestClient | None = None, next_path: str = "") -> str:
        """Press Connect; the address of Dropbox's authorize page."""
        answer = (browser or self.owner).post(f"{self.dropbox}/connect", data={"next": next_path} if next_path else {})
        assert answer.status_code == 303, answer.text
        return str(answer.headers["location"])

    def back(self, authorize_url: str, email: str = STUDIO, *, allow: bool = True) -> str:
        """What a person answers at Dropbox; the path of ours that they are sent back to."""
        return path_of(self.sandbox.decide(authorize_url, email, allow=allow))

    def connect(self, browser: TestClient | None = None, email: str = STUDIO, next_path: str = "") -> str:
        """The whole round trip; where it led."""
        browser = browser or self.owner
        answer = browser.get(self.back(self.begin(browser, next_path), email))
        assert answer.status_code == 303, answer.text
        return str(answer.headers["location"])

    def switch(self, enabled: str, browser: TestClient | None = None):
        return (browser or self.owner).post(f"{self.tab}/toggle", data={"enabled": enabled})

    def push(self, job_id: str, experience_id: str | None = None) -> dict[str, Any]:
        """A picture pushed by API, as its programs do."""
        self._token = self._token or self.cast.token(STUDIO)
        answer = self.cast.client.post(
            f"/api/v1/experiences/{experience_id or self.experience_id}/results",
            data={"job_id": job_id, "session": "guest-1"},
            files={"file": ("photo.jpg", jpeg(len(job_id)), "image/jpeg")},
            headers={"authorization": f"Bearer {self._token}"},
        )
        assert answer.status_code == 201, answer.text
        pushed: dict[str, Any] = answer.json()
        return pushed

    def connection(self) -> dict[str, object]:
        """The connection's row; empty when there is none."""
        found = rows(self.db, "select * from connections where workspace_id = :id", id=self.workspace_id)
        return found[0] if found else {}

    def states(self) -> list[str]:
        return [str(row["state"]) for row in rows(self.db, "select state from exports order by created_at, id")]

    def lose(self, email: str = STUDIO) -> None:
        """The person takes the permission back at Dropbox, and a pushed result finds out."""
        self.sandbox.revoke(email)
        self.push(f"lost-{len(self.states())}")
        until(lambda: self.connection()["status"] == "needs_reauth" and "uploading" not in self.states())

    def grants(self, email: str = STUDIO) -> list[set[str]]:
        """The scopes of a person's live grants at Dropbox, oldest first; the sign-in's own is the first."""
        return [set(grant["scopes"].split()) for grant in self.sandbox.grants(email)]


def until(holds: Callable[[], bool]) -> None:
    """Wait for what the background does; fails after PATIENCE seconds."""
    limit = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < limit, "it did not happen"
        time.sleep(0.05)


def words(page: str) -> str:
    """The words of a page as people read them, without markup."""
    main = page[page.index("<main") :]
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", re.sub(r"</?(wbr|code)>", "", main))).split())


def forms(page: str) -> set[str]:
    """Where the page's forms lead."""
    return {html.unescape(action) for action in re.findall(r'<form[^>]* action="([^"]+)"', page)}


def host_of(address: str) -> str:
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}"
