"""The sandbox as a child of `clementine serve --sandbox`: started, told where the app is, gone when it goes."""

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import requests
from pydantic import SecretStr

import serving
from settings import Settings

STARTS_WITHIN = 20.0  # seconds
APP_KEY = "clementine-sandbox"
APP_SECRET = "clementine-sandbox-secret"  # noqa: S105 (opens nothing but the stand-in on this machine)
OWNER = "owner@example.com"


class NoSandbox(Exception):
    """The sandbox did not start."""


@contextmanager
def running(chosen: Settings, port: int, asked_for: bool) -> Iterator[tuple[Settings, list[str]]]:
    """A running sandbox that knows this app; yields the settings that use it and what to tell whoever started it."""
    with serving.bind("127.0.0.1", port, asked_for, "SANDBOX_PORT") as probe:
        free = probe.getsockname()[1]
    folder = chosen.data_dir / "sandbox"
    # The child ends when its standard input closes, so it dies with us even on kill -9.
    child = subprocess.Popen(  # noqa: S603 (our own interpreter and module)
        [sys.executable, "-m", "sandbox", "--port", str(free), "--dir", str(folder), "--until-stdin-closes"],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
    )
    try:
        url = f"http://localhost:{free}"
        control = Control(f"http://127.0.0.1:{free}", child)
        people = control.people()
        control.register_app(chosen)
        yield settings_for(chosen, url, people), welcome(chosen, url, people)
    finally:
        assert child.stdin is not None
        child.stdin.close()
        try:
            child.wait(timeout=5)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()


class Control:
    """The two calls to the sandbox's control API that a start needs."""

    def __init__(self, origin: str, child: subprocess.Popen[bytes]) -> None:
        self.origin = origin
        self.child = child
        self.session = requests.Session()
        self.session.trust_env = False

    def people(self) -> dict[str, str]:
        """E-mail → account id, as soon as the sandbox answers; NoSandbox if it never does."""
        deadline = time.monotonic() + STARTS_WITHIN
        while self.child.poll() is None and time.monotonic() < deadline:
            try:
                answer = self.session.get(f"{self.origin}/_sandbox/people", timeout=2)
                answer.raise_for_status()
                return {person["email"]: person["account_id"] for person in answer.json()}
            except requests.RequestException:
                time.sleep(0.05)
        raise NoSandbox("the sandbox Dropbox did not start; its own message stands above.")

    def register_app(self, chosen: Settings) -> None:
        """Tell the sandbox of our Dropbox app, with the redirect address of this very start."""
        app: dict[str, Any] = {
            "key": APP_KEY,
            "secret": APP_SECRET,
            "name": chosen.dropbox_app_folder or chosen.app_name,
            "access": "app_folder" if chosen.dropbox_app_folder else "full",
            "redirect_uris": [chosen.redirect_uri],
        }
        self.session.post(f"{self.origin}/_sandbox/apps", json=app, timeout=10).raise_for_status()


def settings_for(chosen: Settings, url: str, people: dict[str, str]) -> Settings:
    """The settings with the sandbox as Dropbox; its owner@example.com is the site owner unless one is named."""
    return chosen.model_copy(
        update={
            "dropbox_url": url,
            "dropbox_app_key": APP_KEY,
            "dropbox_app_secret": SecretStr(APP_SECRET),
            "owner_dropbox_account_id": chosen.owner_dropbox_account_id or people[OWNER],
        }
    )


def welcome(chosen: Settings, url: str, people: dict[str, str]) -> list[str]:
    """What a newcomer reads first: addresses, people, three steps, and where the data lies."""
    folder = chosen.data_dir.absolute()
    return [
        "",
        f"  The app              {chosen.origin}",
        f"  Sandbox Dropbox      {url}   (a stand-in on this machine; nothing leaves it)",
        f"  People in it         {OWNER} (owns this site)",
        *(f"                       {email}" for email in people if email != OWNER),
        "",
        "  Next",
        f"  1. Ask for access as studio@example.com:   {chosen.origin}/request-access",
        f"  2. Sign in as {OWNER} and approve:    {chosen.origin}/admin/requests",
        f"  3. Sign out, sign in as studio@example.com, and follow the checklist:   {chosen.origin}/",
        "",
        f"  Data lies in {folder}; stop with Ctrl-C, and delete that folder to begin anew.",
        "",
    ]
