"""The app as its users run it: a real `clementine serve` process, and a plain browser to use it with."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit

import requests

from tests.sandbox_server import SandboxServer

COMMAND = Path(sys.executable).parent / "clementine"
STARTS_WITHIN = 20.0
APP_KEY = "process-app-key"
APP_SECRET = "process-app-secret"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def environment(data_dir: Path, **more: str) -> dict[str, str]:
    """A bare environment: what a service manager would give."""
    kept = {name: os.environ[name] for name in ("PATH", "LANG", "TMPDIR") if name in os.environ}
    return {**kept, "HOME": str(data_dir.parent), "DATA_DIR": str(data_dir), "LOG_FORMAT": "json", **more}


class AppProcess:
    """`clementine serve` on a port of its own, against a sandbox; may be killed and started again on the same data."""

    def __init__(self, folder: Path, sandbox: SandboxServer, *, owner: str = "owner@example.com", **more: str) -> None:
        self.port = free_port()
        self.origin = f"http://127.0.0.1:{self.port}"
        self.data_dir = folder / "data"
        self.log_path = folder / "app.log"
        self.sandbox = sandbox
        sandbox.add_app(
            key=APP_KEY,
            secret=APP_SECRET,
            name="Clementine",
            access="app_folder",
            redirect_uris=[f"{self.origin}/auth/dropbox/callback"],
        )
        self.environment = environment(
            self.data_dir,
            DROPBOX_URL=sandbox.url,
            DROPBOX_APP_KEY=APP_KEY,
            DROPBOX_APP_SECRET=APP_SECRET,
            OWNER_DROPBOX_ACCOUNT_ID=sandbox.account_id(owner),
            LIMITS="off",
            **more,
        )
        self.process: subprocess.Popen[bytes] | None = None

    def start(self, *, wait: bool = True) -> None:
        with self.log_path.open("ab") as log:
            self.process = subprocess.Popen(
                [str(COMMAND), "serve", "--port", str(self.port)],
                cwd=self.log_path.parent,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        if wait:
            self.wait_until_ready()

    def wait_until_ready(self) -> None:
        assert self.process is not None
        deadline = time.monotonic() + STARTS_WITHIN
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                raise AssertionError(f"the app ended with {self.process.returncode}:\n{self.log()[-4000:]}")
            try:
                if requests.get(f"{self.origin}/healthz", timeout=2).ok:
                    return
            except requests.RequestException:
                time.sleep(0.02)
        raise AssertionError(f"the app did not answer:\n{self.log()[-4000:]}")

    def kill(self) -> None:
        """SIGKILL, as by the kernel out of memory or a pulled plug."""
        assert self.process is not None
        self.process.kill()
        self.process.wait()

    def stop(self, number: int = signal.SIGTERM, *, within: float = 12) -> int:
        """An orderly end; returns the exit code."""
        assert self.process is not None
        self.process.send_signal(number)
        return self.process.wait(timeout=within)

    def end(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.kill()

    def log(self) -> str:
        return self.log_path.read_text(errors="replace") if self.log_path.exists() else ""

    def command(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Another `clementine` command on the same data, while the app runs or not."""
        return subprocess.run(
            [str(COMMAND), *words],
            cwd=self.log_path.parent,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )

    def token(self, email: str) -> str:
        made = self.command("token", "create", "--account", email, "--name", "test")
        assert made.returncode == 0, made.stderr
        found = re.search(r"clem_\S+", made.stdout)
        assert found, made.stdout
        return found.group()


class PlainBrowser:
    """A browser without JavaScript: keeps cookies, follows redirects by hand, and says same-origin as browsers do.

    Own cookie keeping, because HTTP libraries don't send Secure cookies to http://127.0.0.1 as browsers do.
    """

    def __init__(self, app: AppProcess) -> None:
        self.app = app
        self.cookies: dict[str, str] = {}

    def request(self, method: str, path: str, *, data: Mapping[str, str] | None = None) -> requests.Response:
        headers = {"cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())}
        if method != "GET":
            headers["sec-fetch-site"] = "same-origin"
        answer = requests.request(
            method,
            urljoin(self.app.origin, path),
            data=dict(data or {}),
            headers=headers,
            allow_redirects=False,
            timeout=30,
        )
        for cookie in answer.raw.headers.getlist("set-cookie"):
            name, _, rest = cookie.partition("=")
            value = rest.partition(";")[0]
            if "max-age=0" in rest.lower() or not value.strip('"'):
                self.cookies.pop(name, None)
            else:
                self.cookies[name] = value
        return answer

    def get(self, path: str) -> requests.Response:
        return self.request("GET", path)

    def post(self, path: str, **data: str) -> requests.Response:
        return self.request("POST", path, data=data)

    def sign_in(self, email: str) -> str:
        """Through the authorize step as `email`; returns where the callback led."""
        return self._round_trip(self.post("/login", next="/"), email)

    def connect(self, workspace_id: str, email: str, next_path: str = "/") -> str:
        return self._round_trip(self.post(f"/workspaces/{workspace_id}/dropbox/connect", next=next_path), email)

    def _round_trip(self, answer: requests.Response, email: str) -> str:
        assert answer.status_code == 303, answer.text
        back = urlsplit(self.app.sandbox.decide(answer.headers["location"], email))
        led = self.get(f"{back.path}?{back.query}")
        assert led.status_code == 303, led.text
        return str(led.headers["location"])


class Api:
    """The JSON API with one bearer token."""

    def __init__(self, origin: str, token: str) -> None:
        self.base = f"{origin}/api/v1"
        self.session = requests.Session()
        self.session.headers["authorization"] = f"Bearer {token}"

    def call(self, method: str, path: str, **arguments: Any) -> requests.Response:
        return self.session.request(method, f"{self.base}{path}", timeout=30, **arguments)

    def made(self, path: str, **body: Any) -> dict[str, Any]:
        answer = self.call("POST", path, json=body)
        assert answer.status_code == 201, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def items(self, path: str, **parameters: Any) -> list[dict[str, Any]]:
        """All pages of a listing."""
        found: list[dict[str, Any]] = []
        cursor: str | None = None
        while True:
            answer = self.call(
                "GET", path, params={**parameters, "limit": 200, **({"cursor": cursor} if cursor else {})}
            )
            assert answer.status_code == 200, answer.text
            found += answer.json()["items"]
            cursor = answer.json()["next"]
            if cursor is None:
                return found

    def push(self, experience_id: str, job_id: str, picture: bytes, **fields: str) -> requests.Response:
        return self.call(
            "POST",
            f"/experiences/{experience_id}/results",
            data={"job_id": job_id, **fields},
            files={"file": ("photo.jpg", picture, "image/jpeg")},
        )

    def close(self) -> None:
        self.session.close()
