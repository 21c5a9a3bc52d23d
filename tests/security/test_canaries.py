"""OA-03, OA-14, SE-02, CR-05, CR-06: every secret there is, searched for wherever it must not be, after a kill -9.

Codes, states, verifiers, tokens of people's grants, device secrets, API tokens, set-up links and keys; in every
response, every line of the log, the database file and its WAL, and everything else in the data folder.
"""

import base64
import hashlib
import re
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from tests.pictures import jpeg
from tests.running_app import Api, AppProcess, PlainBrowser
from tests.sandbox_server import SandboxServer
from tests.security import wire

OWNER, STUDIO, AGENCY = "owner@example.com", "studio@example.com", "agency@example.com"


@dataclass
class Watching:
    """What went by: every response, and every secret that was seen on its way, by what it is."""

    responses: list[tuple[str, str]] = field(default_factory=list)
    secrets: dict[str, set[str]] = field(default_factory=dict)
    challenges: set[str] = field(default_factory=set)

    def note(self, kind: str, *found: str) -> None:
        self.secrets.setdefault(kind, set()).update(each for each in found if each)


class WatchedBrowser(PlainBrowser):
    """A browser that keeps all it is told. Its own cookies, and the address it is sent to, are its own business."""

    def __init__(self, app: AppProcess, watching: Watching) -> None:
        super().__init__(app)
        self.watching = watching

    def request(self, method: str, path: str, **more: Any) -> requests.Response:
        answer = super().request(method, path, **more)
        told = dict(answer.headers)
        told.pop("set-cookie", None), told.pop("Set-Cookie", None)
        location = told.get("location", "")
        if "/oauth2/authorize" in location:
            query = parse_qs(urlsplit(told.pop("location")).query)
            self.watching.note("state", *query["state"])
            self.watching.challenges.update(query["code_challenge"])
            assert query["code_challenge_method"] == ["S256"]
        self.watching.responses.append((f"{method} {path.partition('?')[0]}", f"{told}\n{answer.text}"))
        self.watching.note("device secret", self.cookies.get("__Host-device", ""))
        return answer

    def _round_trip(self, answer: requests.Response, email: str) -> str:
        back = urlsplit(self.app.sandbox.decide(answer.headers["location"], email))
        self.watching.note("code", *parse_qs(back.query)["code"])
        return str(self.get(f"{back.path}?{back.query}").headers.get("location", ""))


@dataclass
class Aftermath:
    """What is left of an app that was killed."""

    watching: Watching
    log: str
    printed: str
    data_dir: Path
    key_files: dict[str, str]
    commands: list[str]


@pytest.fixture(scope="module")
def left(tmp_path_factory: pytest.TempPathFactory, sandbox_process: SandboxServer) -> Iterator[Aftermath]:
    """Everything that people do, with Dropbox failing in every way meanwhile; then kill -9."""
    sandbox_process.reset()
    app = AppProcess(tmp_path_factory.mktemp("canaries"), sandbox_process)
    del app.environment["OWNER_DROPBOX_ACCOUNT_ID"]
    app.data_dir.mkdir(mode=0o755)  # By an operator, who did not think of others on the machine.
    watching = Watching()
    watching.note("app secret", app.environment["DROPBOX_APP_SECRET"])
    try:
        app.start()
        commands = busy_day(app, watching, sandbox_process)
        keys = {file.name: file.read_text().strip() for file in (app.data_dir / "keys").iterdir()}
        app.kill()
        tokens_of_dropbox(sandbox_process, watching)
        lines = app.log().splitlines()
        log = "\n".join(line for line in lines if line.startswith("{"))
        printed = "\n".join(line for line in lines if not line.startswith("{"))
        yield Aftermath(watching, log, printed, app.data_dir, keys, commands)
    finally:
        app.end()


def busy_day(app: AppProcess, watching: Watching, sandbox: SandboxServer) -> list[str]:
    """Returns the command lines of the processes."""
    link = (app.data_dir / "setup-link").read_text().strip()
    watching.note("set-up link", link.rpartition("/")[2])
    owner, studio, agency = (WatchedBrowser(app, watching) for _ in range(3))
    owner.get(f"/setup/{link.rpartition('/')[2]}")
    owner._round_trip(owner.post(f"/setup/{link.rpartition('/')[2]}"), OWNER)
    assert owner.get("/admin/requests").status_code == 200
    for email in (STUDIO, AGENCY):
        studio.post("/request-access", email=email, name="Somebody", message="Please")
        assert app.command("approve", email).returncode == 0
    studio.sign_in(STUDIO)
    failing_sign_ins(app, watching, sandbox)
    agency.sign_in(AGENCY)
    token = app.token(STUDIO)
    watching.note("API token", token, app.token(AGENCY))
    api = Api(app.origin, token)
    workspace = api.items("/workspaces")[0]["id"]
    project = api.made(f"/workspaces/{workspace}/projects", name="Gala")["id"]
    experience = api.made(f"/projects/{project}/experiences", name="Booth")["id"]
    studio.connect(workspace, STUDIO)
    assert api.call("GET", f"/workspaces/{workspace}/connection").json()["status"] == "connected"
    assert api.call("PUT", f"/projects/{project}/export-settings", json={"enabled": True}).status_code == 200
    failing_exports(api, experience, project, watching, sandbox)
    for path in pages_of(workspace, project):
        studio.get(path)
    for path in ("/admin/requests", "/admin/people", "/admin/mail", "/admin/audit"):
        owner.get(path)
    studio.connect(workspace, AGENCY)  # Another account: its grant waits to be confirmed.
    studio.get(f"/workspaces/{workspace}/dropbox/confirm")
    commands = [Path(f"/proc/{app.process.pid}/cmdline").read_bytes().decode()] if app.process else []
    api.close()
    return commands


def pages_of(workspace: str, project: str) -> list[str]:
    tabs = [f"/projects/{project}/{tab}" for tab in ("connect", "experiences", "results", "exports", "members")]
    return ["/", "/account", "/workspaces", f"/workspaces/{workspace}", f"/workspaces/{workspace}/integrations", *tabs]


def failing_sign_ins(app: AppProcess, watching: Watching, sandbox: SandboxServer) -> None:
    """Trips that end badly in every way: refused, unapproved, Dropbox failing, unreadable answers."""
    failures: list[dict[str, Any]] = [
        {"kind": "status", "route": "oauth2/token", "status": 500},
        {"kind": "status", "route": "oauth2/token", "status": 400},
        {"kind": "drop", "route": "oauth2/token"},
        {"kind": "truncated", "route": "oauth2/token"},
        {"kind": "status", "route": "users/get_current_account", "status": 500},
        {"kind": "truncated", "route": "users/get_current_account"},
    ]
    for fault in failures:
        put = sandbox.fault(**fault)
        WatchedBrowser(app, watching).sign_in(STUDIO)
        sandbox.clear_faults(put)
    stranger = WatchedBrowser(app, watching)
    stranger.sign_in("unverified@example.com")
    stranger.get("/login/refused")
    replayed = WatchedBrowser(app, watching)
    started = replayed.post("/login", next="/")
    back = urlsplit(sandbox.decide(started.headers["location"], STUDIO))
    watching.note("code", *parse_qs(back.query)["code"])
    for _ in range(2):
        replayed.get(f"{back.path}?{back.query}")
    assert WatchedBrowser(app, watching).get(f"{back.path}?{back.query}").status_code == 400


def failing_exports(api: Api, experience: str, project: str, watching: Watching, sandbox: SandboxServer) -> None:
    """Uploads that end in every way that Dropbox has, with what the API then tells of them."""
    failures: list[dict[str, Any]] = [
        {"kind": "status", "route": "files/*", "status": 401, "times": 2},
        {"kind": "status", "route": "files/*", "status": 500, "times": 2},
        {"kind": "status", "route": "files/*", "status": 400, "times": 2},
        {"kind": "drop", "route": "files/*", "times": 2},
        {"kind": "truncated", "route": "files/*", "times": 2},
        {"kind": "status", "route": "files/*", "status": 429, "times": 2},
    ]
    for number, fault in enumerate(failures):
        sandbox.fault(**fault)
        sandbox.expire_tokens()
        assert api.push(experience, f"job-{number}", jpeg(number)).status_code == 201
        wire.until(lambda: any(rule["hits"] for rule in sandbox.faults()), within=15)
        sandbox.clear_faults()
    wire.until(lambda: bool(api.items(f"/projects/{project}/export-log")), within=15)
    for path in (f"/projects/{project}/exports", f"/projects/{project}/export-log", "/me", "/workspaces"):
        answer = api.call("GET", path)
        watching.responses.append((f"GET {path}", f"{answer.headers}\n{answer.text}"))


def tokens_of_dropbox(sandbox: SandboxServer, watching: Watching) -> None:
    """Every token that the sandbox ever issued, from its own tables."""
    file = next(path for path in sandbox.directory.rglob("*") if path.suffix in (".db", ".sqlite", ".sqlite3"))
    with sqlite3.connect(f"file:{file}?mode=ro", uri=True) as db:
        watching.note("refresh token", *(row[0] for row in db.execute("select refresh_token from grants") if row[0]))
        watching.note("access token", *(row[0] for row in db.execute("select token from access_tokens")))
    db.close()


def files_of(left: Aftermath) -> dict[str, bytes]:
    return {
        str(path.relative_to(left.data_dir)): path.read_bytes() for path in left.data_dir.rglob("*") if path.is_file()
    }


def spellings(secret: str) -> set[bytes]:
    """A secret as it is, and as software passes it on."""
    plain = secret.encode()
    return {plain, base64.b64encode(plain), base64.urlsafe_b64encode(plain).rstrip(b"="), plain.hex().encode()}


def hits(secret: str, within: bytes) -> bool:
    return any(spelling in within for spelling in spellings(secret))


def every_secret(left: Aftermath) -> list[tuple[str, str]]:
    return [(kind, secret) for kind in KINDS for secret in sorted(left.watching.secrets[kind])]


KINDS = ("state", "code", "refresh token", "access token", "device secret", "API token", "set-up link", "app secret")


def test_the_day_was_busy(left: Aftermath):
    for kind, fewest in zip(KINDS, (8, 8, 5, 5, 3, 2, 1, 1), strict=True):
        assert len(left.watching.secrets[kind]) >= fewest, kind
        assert all(len(secret) >= 10 for secret in left.watching.secrets[kind]), kind
    assert len(left.watching.responses) > 40
    assert len(left.log.splitlines()) > 60
    assert {"clementine.db", "clementine.db-wal"} <= set(files_of(left))
    # The search itself finds what is there.
    assert any(hits("studio@example.com", content) for content in files_of(left).values())


def test_oa_14_no_secret_is_in_any_response(left: Aftermath):
    for kind, what, told in ((kind, *response) for kind in KINDS for response in left.watching.responses):
        for secret in left.watching.secrets[kind]:
            # The page of a set-up link is the form that uses it: its own address is in it.
            if not (kind == "set-up link" and what.startswith(("GET /setup/", "POST /setup/"))):
                assert not hits(secret, told.encode()), (kind, what)


def test_cr_06_no_secret_is_in_any_line_of_the_log(left: Aftermath):
    for kind, secret in every_secret(left):
        for line in left.log.splitlines():
            assert not hits(secret, line.encode()), (kind, line)


def test_cr_05_no_secret_lies_on_the_disk_in_clear(left: Aftermath):
    for name, content in files_of(left).items():
        for kind, secret in every_secret(left):
            assert not hits(secret, content), (kind, name)


def test_oa_03_no_verifier_is_anywhere(left: Aftermath):
    """It is not known here; but whatever has its shape and fits a challenge would be one."""
    assert len(left.watching.challenges) > 8
    shape = re.compile(rb"(?<![\w-])[\w-]{43}(?![\w-])")
    places = {**files_of(left), "log": left.log.encode()}
    places |= {f"{n} {what}": told.encode() for n, (what, told) in enumerate(left.watching.responses)}
    looked_at = 0
    for name, content in places.items():
        for found in set(shape.findall(content)):
            looked_at += 1
            digest = base64.urlsafe_b64encode(hashlib.sha256(found).digest()).rstrip(b"=").decode()
            assert digest not in left.watching.challenges, name
    assert looked_at > 0


def test_cr_03_the_keys_are_in_their_own_files_and_nowhere_else(left: Aftermath):
    assert set(left.key_files) == {"secret_key", "token_keys"}
    keys = {left.key_files["secret_key"], left.key_files["token_keys"].partition(":")[2]}
    assert (left.data_dir / "keys").stat().st_mode & 0o777 == 0o700
    for name, content in files_of(left).items():
        if name.startswith("keys/"):
            assert (left.data_dir / name).stat().st_mode & 0o777 == 0o600
            continue
        assert not any(hits(key, content) for key in keys), name
    told = "\n".join(told for _, told in left.watching.responses) + left.log + left.printed
    assert not any(hits(key, told.encode()) for key in keys)


def test_cr_03_whatever_lies_in_the_data_folder_is_ours_alone_to_read(left: Aftermath):
    for path in left.data_dir.rglob("*"):
        assert path.stat().st_mode & 0o077 == 0, path


def test_cr_05_no_secret_is_on_a_command_line(left: Aftermath):
    secrets = {secret for found in left.watching.secrets.values() for secret in found} | set(left.key_files.values())
    for line in left.commands:
        assert not any(hits(secret, line.encode()) for secret in secrets)


def test_the_set_up_link_is_printed_once_and_gone_from_the_disk_when_used(left: Aftermath):
    (link,) = left.watching.secrets["set-up link"]
    assert left.printed.count(link) == 1
    assert not (left.data_dir / "setup-link").exists()


def test_cr_06_people_s_addresses_are_in_no_line_of_the_log(left: Aftermath):
    for email in (OWNER, STUDIO, AGENCY, "unverified@example.com"):
        assert email not in left.log
