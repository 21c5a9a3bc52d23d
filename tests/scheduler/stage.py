"""The engine on a stage: real database, media, sandbox and OAuth, with a clock that tests may move forward."""

import asyncio
import secrets
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from clients.dropbox_oauth import CONNECT_SCOPES, DropboxOAuth
from clients.stop_gate import StopGate
from rules.states import ExportState
from scheduler.engine import Engine
from settings import Settings
from store import (
    artifacts,
    connections,
    experiences,
    export_log,
    export_settings,
    exports,
    migrations,
    projects,
    sessions,
    workspaces,
)
from store.artifacts import NewArtifact
from store.connect import DATABASE_FILE, Db, immediate, open_connection, rows
from store.database import Database
from store.exports import Export
from store.media import Media
from tests.cast import OWNER, STUDIO
from tests.conftest import APP_KEY, APP_SECRET
from tests.sandbox_server import SandboxServer
from tests.store.people import account

TOKEN_KEYS = "k1:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="


def settings_of(folder: Path, sandbox: SandboxServer) -> Settings:
    """Settings for a stage outside of a test: on a fresh folder, with a sandbox that has just been started."""
    folder.mkdir(parents=True)
    sandbox.add_app(key=APP_KEY, secret=APP_SECRET, name="Clementine", access="app_folder", redirect_uris=[])
    return Settings(
        base_url="http://127.0.0.1",
        data_dir=folder,
        secret_key=SecretStr("a stage outside of a test " * 2),
        token_keys=SecretStr(TOKEN_KEYS),
        owner_dropbox_account_id=sandbox.account_id(OWNER),
        dropbox_app_key=APP_KEY,
        dropbox_app_secret=SecretStr(APP_SECRET),
        dropbox_url=sandbox.url,
        limits="off",
    )


PICTURE = b"\xff\xd8\xff picture " * 1000


class Event:
    """One project with one experience in a workspace that is connected to somebody's Dropbox."""

    def __init__(self, stage: "Stage", name: str, person: str) -> None:
        self.stage = stage
        self.person = person
        db, self.owner = stage.db, f"dbid:{name}"
        with immediate(db):
            account(db, name)
            self.workspace_id = workspaces.create(db, name=name.capitalize(), by=self.owner, now=stage.now()).id
            project = projects.create(db, self.workspace_id, name=f"{name} Gala", by=self.owner, now=stage.now())
            self.project_id = project.id
            made = experiences.create(db, self.project_id, name="Booth", by=self.owner, now=stage.now())
            self.experience_id = made.id
        self.connect()
        with immediate(db):
            export_settings.switch(db, project_id=self.project_id, enabled=True, by=self.owner, now=stage.now())

    def connect(self) -> None:
        """Connect, or reconnect, as the callback does."""
        stage = self.stage
        grant = stage.sandbox.link(self.person, " ".join(CONNECT_SCOPES), APP_KEY)
        with immediate(stage.db):
            connections.save(
                stage.db,
                workspace_id=self.workspace_id,
                dropbox_account_id=stage.sandbox.people()[self.person],
                account_email=self.person,
                account_display_name=self.person,
                refresh_token=grant["refresh_token"],
                scopes=CONNECT_SCOPES,
                keyring=stage.settings.keyring,
                by=self.owner,
                now=stage.now(),
            )
        stage.bell.set()

    def push(self, data: bytes = PICTURE, *, bell: bool = True) -> Export:
        """Store a result with one artifact and enqueue its export, as a push does."""
        stage, db = self.stage, self.stage.db
        stored = stage.media.put([data])
        result_id = secrets.token_urlsafe(12)
        now = stage.now()
        with immediate(db):
            session = sessions.joined(db, self.experience_id, label=None, now=now)
            db.conn.execute(
                """
                insert into results (id, workspace_id, project_id, experience_id, session_id, job_id, created_at,
                    arrived_at)
                values (:id, :workspace, :project, :experience, :session, :id, :now, :now)
                """,
                {
                    "id": result_id,
                    "workspace": self.workspace_id,
                    "project": self.project_id,
                    "experience": self.experience_id,
                    "session": session.id,
                    "now": now,
                },
            )
            artifacts.add(db, result_id, [NewArtifact("result", "final", "image/jpeg", "jpg", stored)], now=now)
            exports.enqueue(db, result_id=result_id, now=now)
        if bell:
            stage.bell.set()
        return exports.of_result(db, result_id)[0]

    def connection(self) -> connections.Connection:
        found = connections.of_workspace(self.stage.db, self.workspace_id)
        assert found is not None
        return found


class Stage:
    """Call inside a running event loop. `studio` is an event that is ready to export."""

    def __init__(self, settings: Settings, sandbox: SandboxServer) -> None:
        self.settings = settings
        self.sandbox = sandbox
        self.ahead_ms = 0
        path = settings.data_dir / DATABASE_FILE
        self.db: Db = open_connection(path)
        migrations.migrate(self.db)
        self.media = Media(settings.data_dir)
        self.gate = StopGate()
        self.oauth = DropboxOAuth(settings)
        self.bell = asyncio.Event()
        self.database = Database(path, on_commit=self.bell.set)
        self.engine = self.new_engine()
        self.studio = Event(self, "studio", STUDIO)

    def new_engine(self) -> Engine:
        """As after a restart of the process: nothing remembered but the rows."""
        return Engine(self.settings, self.database, self.media, self.oauth, self.gate, self.bell, self.now)

    async def close(self) -> None:
        self.sandbox.clear_faults()
        await self.engine.stop()
        await self.database.close()
        self.media.close()
        self.db.conn.close()

    def now(self) -> int:
        return time.time_ns() // 1_000_000 + self.ahead_ms

    def pass_time(self, seconds: float) -> None:
        """Let time pass for us, not for Dropbox."""
        self.ahead_ms += round(seconds * 1000)
        self.sandbox.clients_waited(seconds)
        self.bell.set()

    async def until(self, holds: Callable[[], Any], *, within: float = 10) -> None:
        """Wait until something is so; whatever it is is asked of the database, the sandbox or the test."""
        limit = time.monotonic() + within
        while not holds():
            assert time.monotonic() < limit, f"not within {within} s; exports: {self.exports()}"
            await asyncio.sleep(0.005)

    async def ended(self, export: Export, state: ExportState = ExportState.EXPORTED) -> Export:
        """Wait until the export is in the state."""
        await self.until(lambda: self.get(export).state is state)
        return self.get(export)

    async def tried(self, export: Export, times: int = 1) -> Export:
        """Wait until so many tries of the export have ended."""
        await self.until(lambda: len(self.log(export)) >= times)
        return self.get(export)

    def get(self, export: Export) -> Export:
        return exports.get(self.db, export.id)

    def log(self, export: Export) -> list[export_log.Attempt]:
        return export_log.of_export(self.db, export.id)

    def exports(self) -> list[dict[str, object]]:
        return rows(self.db, "select state, attempts, tries, error_kind, error_message, due_at, claim from exports")

    def files(self, person: str = STUDIO) -> dict[str, Any]:
        """What lies in the app folder, by our paths."""
        return {path.removeprefix("/Apps/Clementine"): node for path, node in self.sandbox.files(person).items()}

    def calls(self, route: str = "*") -> list[Any]:
        return list(self.sandbox.history(route))

    def sql(self, text: str, **values: object) -> None:
        """Change a row behind everybody's back."""
        with immediate(self.db):
            self.db.conn.execute(text, values)

    async def stays_quiet(self) -> None:
        """Ring the bell a few times and see that no call is made."""
        before = len(self.calls())
        for _ in range(5):
            self.bell.set()
            await asyncio.sleep(0.02)
        assert len(self.calls()) == before
