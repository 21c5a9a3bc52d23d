"""The `clementine` command: wires settings, data folder, sandbox and server.

What the commands do stands in commands/.
"""

import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
from pydantic import SecretStr

import logs
import serving
import settings as settings_module
from commands import local_sandbox, members, requests, tokens
from settings import Settings, SettingsError
from store import key_files, migrations, setup_links
from store.connect import DATABASE_FILE, immediate, open_connection
from store.data_folder import DataFolder, DataFolderInUse
from store.errors import StoreError
from store.installation import owner_id

LOOPBACK = ("127.0.0.1", "localhost", "::1")
REFUSALS = (
    SettingsError,
    DataFolderInUse,
    key_files.KeyFileError,
    serving.PortTaken,
    StoreError,
    local_sandbox.NoSandbox,
)


class Command(click.Group):
    """Turns every refusal into one sentence on standard error and exit code 1."""

    def invoke(self, context: click.Context) -> Any:
        try:
            return super().invoke(context)
        except REFUSALS as error:
            click.echo(f"clementine: {error}", err=True)
            context.exit(1)


@click.group(cls=Command)
def main() -> None:
    """Self-hosted photo results into everybody's own Dropbox."""
    # Whatever is made is for us alone, even in a data folder that somebody made before with an open door.
    os.umask(0o077)


@main.command()
@click.option("--sandbox", "with_sandbox", is_flag=True, help="Start the stand-in Dropbox too, and use it.")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", type=click.IntRange(1, 65535), help="Port to listen on; default 8000, or PORT.")
def serve(with_sandbox: bool, host: str, port: int | None) -> None:
    """Serve the app."""
    chosen = settings_module.load()
    logs.configure(chosen.log_format)
    if chosen.base_url is None and host not in LOOPBACK:
        raise SettingsError("BASE_URL: must be set to the public address when --host is not loopback: links need it.")
    if not with_sandbox:
        require_dropbox_app(chosen)
    with DataFolder(chosen.data_dir), serving.bind(host, *asked_port(port, "PORT", 8000)) as sock:
        bound = sock.getsockname()[1]
        chosen = with_keys(chosen).model_copy(update={"base_url": chosen.base_url or f"http://127.0.0.1:{bound}"})
        if not with_sandbox:
            run(chosen, sock, [])
            return
        with local_sandbox.running(chosen, *asked_port(None, "SANDBOX_PORT", 8001)) as (sandboxed, welcome):
            run(sandboxed, sock, welcome)


def run(chosen: Settings, sock: Any, welcome: list[str]) -> None:
    """Bring the schema up to date, say where everything is, and serve."""
    from app import create_app  # Only here: the other commands need nothing of the web.

    db = open_connection(chosen.data_dir / DATABASE_FILE, checkpoints=True)
    migrations.migrate(db)
    known = owner_id(db, chosen.owner_dropbox_account_id) is not None
    with immediate(db):
        link = setup_links.ensure(db, data_dir=chosen.data_dir, owner_known=known, now=now_ms())
    db.conn.close()
    app = create_app(chosen)
    click.echo("\n".join([f"{chosen.app_name} answers at {chosen.origin}", *welcome]))
    if link:
        click.echo(f"Nobody owns this site yet. Open this once to become its owner: {chosen.origin}/setup/{link}")
    sys.stdout.flush()
    serving.serve(app, sock, at_signal=lambda: app.state.ring_stop())


@main.command()
@click.option("--port", type=click.IntRange(1, 65535), help="Port to listen on; default 8001, or SANDBOX_PORT.")
@click.option(
    "--dir", "folder", type=click.Path(path_type=Path), help="Where it keeps its files; default DATA_DIR/sandbox."
)
@click.option("--tls", is_flag=True, help="Answer TLS too, under a certificate authority written beside the files.")
@click.option("--proxy", type=click.IntRange(1, 65535), help="Also be a proxy, on this port, for Dropbox's own hosts.")
@click.option("--reset", is_flag=True, help="Wipe the files first.")
def sandbox(port: int | None, folder: Path | None, tls: bool, proxy: int | None, reset: bool) -> None:
    """Run the stand-in Dropbox alone."""
    chosen, asked = asked_port(port, "SANDBOX_PORT", 8001)
    with serving.bind("127.0.0.1", chosen, asked, "SANDBOX_PORT") as probe:
        free = probe.getsockname()[1]
    from sandbox import server  # Only here: the product itself needs nothing of its stand-in.

    directory = folder or settings_module.load().data_dir / "sandbox"
    sys.exit(server.run(server.Options(directory, port=free, tls=tls, proxy=proxy, fresh=reset)))


@main.command("requests")
def list_requests() -> None:
    """List the access requests."""
    on_data(requests.listing)


@main.command()
@click.argument("email")
@click.option("--until", help="The last day of the access, as 2026-02-03 (UTC); it then ends by itself.")
def approve(email: str, until: str | None) -> None:
    """Approve an address, whether it has asked or not."""
    on_data(requests.approve, email, until=until)


@main.command()
@click.argument("email")
def deny(email: str) -> None:
    """Deny a pending request."""
    on_data(requests.deny, email)


@main.command()
@click.argument("email")
def revoke(email: str) -> None:
    """Take an approval back: the person is signed out everywhere at once."""
    on_data(requests.revoke, email)


@main.group()
def member() -> None:
    """Who belongs to a workspace or a project."""


@member.command("set")
@click.argument("email")
@click.option("--workspace", "workspace_id")
@click.option("--project", "project_id")
@click.option("--role", required=True, type=click.Choice(["owner", "admin", "member", "editor", "viewer"]))
def member_set(email: str, workspace_id: str | None, project_id: str | None, role: str) -> None:
    """Give an account that has signed in a role."""
    if (workspace_id is None) == (project_id is None):
        raise click.UsageError("Name either --workspace or --project.")
    allowed = ("owner", "admin", "member") if workspace_id else ("editor", "viewer")
    if role not in allowed:
        raise click.UsageError(f"--role must be one of {', '.join(allowed)} here.")
    on_data(members.set_role, email, workspace_id=workspace_id, project_id=project_id, role=role)


@member.command("remove")
@click.argument("email")
@click.option("--workspace", "workspace_id", required=True)
def member_remove(email: str, workspace_id: str) -> None:
    """Take an account out of a workspace and its projects."""
    on_data(members.remove, email, workspace_id=workspace_id)


@main.group()
def token() -> None:
    """API tokens."""


@token.command("create")
@click.option("--account", "email", required=True, help="E-mail address of an account that has signed in.")
@click.option("--project", "project_id", help="Only for pushing to and reading this project.")
@click.option("--name", default="", help="What it is for.")
def token_create(email: str, project_id: str | None, name: str) -> None:
    """Make an API token and print it, once."""
    on_data(tokens.create, email, project_id=project_id, name=name)


def on_data(body: Callable[..., list[str]], *args: str, **kwargs: str | None) -> None:
    """Run a command's body in one short write transaction beside a server that may be running; print its lines."""
    chosen = settings_module.load()
    chosen.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    chosen = with_keys(chosen)
    db = open_connection(chosen.data_dir / DATABASE_FILE)
    try:
        with DataFolder.unless_served(chosen.data_dir) as idle:
            if idle:
                migrations.migrate(db)
        with immediate(db):
            lines = body(db, chosen, *args, now=now_ms(), **kwargs)
    finally:
        db.conn.close()
    click.echo("\n".join(lines))


def with_keys(chosen: Settings) -> Settings:
    """The settings with the keys of the data folder where the environment gives none."""
    made: dict[str, SecretStr] = {}
    if chosen.secret_key is None:
        made["secret_key"] = SecretStr(key_files.secret_key(chosen.data_dir))
    if chosen.token_keys is None:
        made["token_keys"] = SecretStr(key_files.token_keys(chosen.data_dir))
    return chosen.model_copy(update=made)


def require_dropbox_app(chosen: Settings) -> None:
    """A Dropbox app of one's own is needed outside sandbox mode."""
    for name in ("dropbox_app_key", "dropbox_app_secret"):
        if getattr(chosen, name) is None:
            raise SettingsError(
                f"{name.upper()}: must be set, from your app in the Dropbox App Console; to try without, add --sandbox."
            )


def asked_port(option: int | None, name: str, default: int) -> tuple[int, bool]:
    """The port, and whether somebody asked for it."""
    if option is not None:
        return option, True
    text = os.environ.get(name, "")
    if not text:
        return default, False
    if not text.isdecimal() or not 0 < int(text) < 65536:
        raise SettingsError(f"{name}: must be a port number between 1 and 65535.")
    return int(text), True


def now_ms() -> int:
    return time.time_ns() // 1_000_000
