"""Registered Dropbox apps: key, secret, kind of access, redirect URIs and permissions. One exists from the start."""

import json
from dataclasses import asdict, dataclass, field
from sqlite3 import Row

from sandbox.database import Database
from sandbox.scopes import split

DEFAULT_APP_KEY = "sandboxappkey01"
DEFAULT_APP_SECRET = "sandboxsecret01"  # noqa: S105 - public on purpose: it opens nothing outside this machine
DEFAULT_APP_NAME = "Clementine"
DEFAULT_SCOPES = split("account_info.read files.content.read files.content.write files.metadata.read")


@dataclass(frozen=True)
class App:
    """A registered app. `user_limit` counts linked people and binds only while the app is in development."""

    key: str
    secret: str
    name: str
    access: str = "app_folder"
    redirect_uris: tuple[str, ...] = ()
    scopes: tuple[str, ...] = field(default=DEFAULT_SCOPES)
    status: str = "development"
    user_limit: int | None = None

    @property
    def root(self) -> str:
        """The folder that the app sees as its root: `/Apps/<name>`, or the empty string for full access."""
        return f"/Apps/{self.name}" if self.access == "app_folder" else ""


def _app(row: Row) -> App:
    lists = {name: tuple(json.loads(row[name])) for name in ("redirect_uris", "scopes")}
    return App(**{**dict(row), **lists})


def save_app(db: Database, app: App) -> None:
    """Register an app, or change the one with this key; its grants stay."""
    values = {**asdict(app), "redirect_uris": json.dumps(app.redirect_uris), "scopes": json.dumps(app.scopes)}
    db.run(
        "INSERT INTO apps (key, secret, name, access, redirect_uris, scopes, status, user_limit)"
        " VALUES (:key, :secret, :name, :access, :redirect_uris, :scopes, :status, :user_limit)"
        " ON CONFLICT (key) DO UPDATE SET secret = :secret, name = :name, access = :access,"
        " redirect_uris = :redirect_uris, scopes = :scopes, status = :status, user_limit = :user_limit",
        **values,
    )


def add_default_app(db: Database) -> None:
    """Register the default app unless it is there already; whoever uses it sets its redirect URIs."""
    if find_app(db, DEFAULT_APP_KEY) is None:
        save_app(db, App(DEFAULT_APP_KEY, DEFAULT_APP_SECRET, DEFAULT_APP_NAME))


def find_app(db: Database, key: str) -> App | None:
    """An app by its key."""
    row = db.one("SELECT * FROM apps WHERE key = :key", key=key)
    return None if row is None else _app(row)


def all_apps(db: Database) -> list[App]:
    """Every registered app, by name."""
    return [_app(row) for row in db.all("SELECT * FROM apps ORDER BY name")]
