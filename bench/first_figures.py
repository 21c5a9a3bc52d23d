"""The README's first figures: push to Dropbox against the SDK alone, idle memory, and what pages weigh."""

import gzip
import re
import statistics
import time
from pathlib import Path

import requests

from tests.pictures import jpeg
from tests.running_app import Api, AppProcess, PlainBrowser
from tests.sandbox_server import SandboxServer

STUDIO = "studio@example.com"
PUSHES = 40
PICTURE_BYTES = 200_000
PAGES = ("/", "/request-access", "/login")


def run(folder: Path) -> list[str]:
    """Lines of a Markdown table."""
    with SandboxServer(folder / "sandbox") as sandbox:
        app = AppProcess(folder, sandbox)
        started = time.monotonic()
        app.start()
        first_page = time.monotonic() - started
        try:
            rest = [*_push_to_dropbox(app, sandbox), _memory(app), *_pages(app)]
        finally:
            app.end()
    return [f"| start of the process to its first answer | {first_page:.1f} s |", *rest]


def _push_to_dropbox(app: AppProcess, sandbox: SandboxServer) -> list[str]:
    """From the push's answer to the file in Dropbox, one result at a time; beside it the SDK alone, in turn."""
    api, experience = _prepared(app)
    client = sandbox.client(STUDIO)
    ours: list[float] = []
    alone: list[float] = []
    for number in range(PUSHES):
        picture = jpeg(number, pad_to=PICTURE_BYTES)
        pushed = api.push(experience, f"job-{number}", picture)
        started = time.monotonic()
        export = pushed.json()["exports"][0]["id"]
        while api.call("GET", f"/exports/{export}").json()["status"] != "exported":
            time.sleep(0.002)
        ours.append(time.monotonic() - started)
        started = time.monotonic()
        client.files_upload(picture, f"/bench/{number}.jpg")
        alone.append(time.monotonic() - started)
    client.close()
    api.close()
    median, limit = statistics.median(ours), statistics.median(alone)
    return [
        f"| push answered to file in Dropbox, 200 KB, median of {PUSHES} | {median:.3f} s |",
        f"| the same upload by the SDK alone, same run · ratio | {limit:.3f} s · {median / limit:.1f} |",
    ]


def _prepared(app: AppProcess) -> tuple[Api, str]:
    app.command("approve", STUDIO)
    browser = PlainBrowser(app)
    browser.sign_in(STUDIO)
    api = Api(app.origin, app.token(STUDIO))
    workspace = api.items("/workspaces")[0]["id"]
    browser.connect(workspace, STUDIO)
    project = api.made(f"/workspaces/{workspace}/projects", name="Bench")["id"]
    api.call("PUT", f"/projects/{project}/export-settings", json={"enabled": True})
    return api, api.made(f"/projects/{project}/experiences", name="Bench")["id"]


def _memory(app: AppProcess) -> str:
    assert app.process is not None
    time.sleep(2)
    status = Path(f"/proc/{app.process.pid}/status").read_text()
    resident = re.search(r"VmRSS:\s+(\d+)", status)
    assert resident is not None
    return f"| memory of the idle process after that | {int(resident.group(1)) / 1024:.0f} MiB |"


def _pages(app: AppProcess) -> list[str]:
    """Bytes as they travel, gzip."""
    found = []
    for path in PAGES:
        page = requests.get(f"{app.origin}{path}", timeout=10)
        assets = sorted(set(re.findall(r'(?:href|src)="(/static/[^"]+)"', page.text)))
        weights = {
            asset: len(gzip.compress(requests.get(f"{app.origin}{asset}", timeout=10).content)) for asset in assets
        }
        html = len(gzip.compress(page.content))
        whole = html + sum(weights.values())
        found.append(f"| `{path}`: HTML · with style, script, icon | {html / 1000:.1f} kB · {whole / 1000:.1f} kB |")
    return found
