"""SIGKILL at random moments while results are pushed and exported under faults; then: none lost or doubled.

The suite runs a small one; the full size by `python -m tests.faults.campaign --kills 100 --exports 300`.
"""

import argparse
import hashlib
import random
import tempfile
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import requests

from tests.pictures import jpeg
from tests.running_app import Api, AppProcess, PlainBrowser
from tests.sandbox_server import SandboxServer

STUDIO = "studio@example.com"
DRAINS_WITHIN = 180.0
# What the sandbox complains of in a client that forgot what it knew; it is made to far more often than in life.
OF_STARTS = ("needless_refresh", "polling", "unchanged", "wrong_offset")
WRITING = (
    "files/upload",
    "files/upload_session/start",
    "files/upload_session/append_v2",
    "files/upload_session/finish_batch_v2",
)


@dataclass
class Report:
    """What a campaign found; `wrong` is empty when every promise held."""

    kills: int = 0
    acknowledged: int = 0
    seconds: float = 0.0
    files: int = 0
    revisions: int = 0
    complaints: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)


class Campaign:
    """One app, one sandbox, one seed."""

    def __init__(
        self, folder: Path, sandbox: SandboxServer, *, kills: int, exports: int, seed: int, large: int = 0
    ) -> None:
        self.sandbox = sandbox
        self.kills = kills
        self.exports = exports
        self.random = random.Random(seed)
        self.app = AppProcess(folder, sandbox)
        self.pictures = {f"job-{n:05}": jpeg(n, pad_to=2_000 + self.random.randrange(60_000)) for n in range(exports)}
        for job in self.random.sample(sorted(self.pictures), large):
            # Large enough to go in chunks.
            self.pictures[job] = jpeg(int(job[4:]), pad_to=20_000_000 + self.random.randrange(10_000_000))
        self.acknowledged: dict[str, str] = {}
        self.report = Report()

    def run(self) -> Report:
        started = time.monotonic()
        try:
            self.set_up()
            self.add_faults()
            pusher = threading.Thread(target=self.push_all)
            pusher.start()
            self.kill_and_restart(pusher)
            pusher.join()
            self.sandbox.clear_faults()
            self.drain()
            self.judge()
        finally:
            self.app.end()
        self.report.seconds = time.monotonic() - started
        return self.report

    def set_up(self) -> None:
        self.app.start()
        assert self.app.command("approve", STUDIO).returncode == 0
        browser = PlainBrowser(self.app)
        browser.sign_in(STUDIO)
        self.token = self.app.token(STUDIO)
        api = Api(self.app.origin, self.token)
        workspace = api.items("/workspaces")[0]["id"]
        browser.connect(workspace, STUDIO)
        self.project = api.made(f"/workspaces/{workspace}/projects", name="Wedding")["id"]
        self.experience = api.made(f"/projects/{self.project}/experiences", name="Booth")["id"]
        switched = api.call("PUT", f"/projects/{self.project}/export-settings", json={"enabled": True})
        assert switched.status_code == 200, switched.text
        api.close()

    def add_faults(self) -> None:
        seed = self.random.randrange(1 << 30)
        for number, route in enumerate(WRITING):
            of_route = seed + 10 * number
            self.sandbox.fault("status", route=route, status=503, when="after", probability=0.04, seed=of_route)
            self.sandbox.fault("status", route=route, status=503, when="before", probability=0.03, seed=of_route + 1)
            self.sandbox.fault("drop", route=route, when="after", probability=0.03, seed=of_route + 2)
            self.sandbox.fault("rate_limit", route=route, retry_after=1, probability=0.03, seed=of_route + 3)
        busy = {"error": "too_many_write_operations", "entries": [0]}
        self.sandbox.fault("entry_error", **busy, probability=0.05, seed=seed + 99)

    def push_all(self) -> None:
        """Push each result until it is acknowledged, however often the app is gone meanwhile."""
        api = Api(self.app.origin, self.token)
        for job, picture in self.pictures.items():
            while job not in self.acknowledged:
                try:
                    answer = api.push(self.experience, job, picture, session=f"guest {len(self.acknowledged) // 3}")
                except requests.RequestException:
                    time.sleep(0.02)
                    continue
                if answer.status_code in (200, 201):
                    self.acknowledged[job] = answer.json()["id"]
                elif answer.status_code < 500:
                    self.report.wrong.append(f"push of {job} answered {answer.status_code}: {answer.text[:200]}")
                    return
        api.close()

    def kill_and_restart(self, pusher: threading.Thread) -> None:
        for _ in range(self.kills):
            time.sleep(self.random.uniform(0.0, 0.35))
            self.app.kill()
            self.report.kills += 1
            self.app.start(wait=False)
            if self.random.random() < 0.8:
                self.app.wait_until_ready()
        self.app.wait_until_ready()

    def drain(self) -> None:
        """Let everything that waits out its backoff go now, until nothing waits."""
        api = Api(self.app.origin, self.token)
        deadline = time.monotonic() + DRAINS_WITHIN
        while time.monotonic() < deadline:
            open_ones = [e for state in ("waiting", "uploading") for e in self.listed(api, state)]
            if not open_ones:
                break
            for export in open_ones:
                if export["status"] == "waiting":
                    api.call("POST", f"/exports/{export['id']}/retry")
            time.sleep(0.3)
        else:
            self.report.wrong.append("exports still waiting after the faults ended")
        api.close()

    def listed(self, api: Api, state: str) -> list[dict[str, object]]:
        return api.items(f"/projects/{self.project}/exports", status=state)

    def judge(self) -> None:
        """Compare what was acknowledged, what the app says, and what lies in Dropbox."""
        wrong = self.report.wrong
        self.report.acknowledged = len(self.acknowledged)
        if len(self.acknowledged) != self.exports:
            wrong.append(f"{len(self.acknowledged)} of {self.exports} results were acknowledged")
        api = Api(self.app.origin, self.token)
        exports = {str(e["job_id"]): e for e in api.items(f"/projects/{self.project}/exports")}
        api.close()
        files = {path.lower(): entry for path, entry in self.sandbox.files(STUDIO).items()}
        self.report.files = len(files)
        self.report.revisions = sum(entry["revisions"] for entry in files.values())
        if len(files) != self.exports:
            wrong.append(f"{len(files)} files in Dropbox for {self.exports} results")
        for job, picture in self.pictures.items():
            export = exports.get(job)
            if export is None or export["status"] != "exported":
                wrong.append(f"{job}: {export and export['status']}")
                continue
            entry = files.get(f"/apps/clementine{str(export['destination_path']).lower()}")
            if entry is None:
                wrong.append(f"{job}: nothing at {export['destination_path']}")
            elif entry["content_hash"] != block_hash(picture):
                wrong.append(f"{job}: other bytes than were pushed")
            elif entry["revisions"] != 1:
                wrong.append(f"{job}: {entry['revisions']} revisions")
        self.report.complaints = Counter(complaint.partition(":")[0] for complaint in self.sandbox.complaints())
        wrong += [complaint for complaint in self.sandbox.complaints() if not complaint.startswith(OF_STARTS)]


def block_hash(content: bytes) -> str:
    """Dropbox's content hash, written out here so that product and test do not share a mistake."""
    blocks = [content[at : at + 4 * 1024 * 1024] for at in range(0, len(content), 4 * 1024 * 1024)]
    return hashlib.sha256(b"".join(hashlib.sha256(block).digest() for block in blocks)).hexdigest()


def main() -> None:
    parser = argparse.ArgumentParser(description="Kill the app at random moments and count what is lost or doubled.")
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--exports", type=int, default=300)
    parser.add_argument("--large", type=int, default=0, help="so many of them are large enough to go in chunks")
    parser.add_argument("--seed", type=int, default=int(time.time()))
    asked = parser.parse_args()
    print(f"seed {asked.seed}: {asked.kills} SIGKILLs over {asked.exports} exports with faults on", flush=True)
    with tempfile.TemporaryDirectory() as folder, SandboxServer(Path(folder) / "sandbox") as sandbox:
        campaign = Campaign(
            Path(folder), sandbox, kills=asked.kills, exports=asked.exports, seed=asked.seed, large=asked.large
        )
        report = campaign.run()
    print(
        f"{report.kills} kills, {report.acknowledged} acknowledged, {report.files} files, "
        f"{report.revisions} revisions, {report.seconds:.0f} s, complaints: {dict(report.complaints)}"
    )
    print("\n".join(report.wrong) or "none lost, none twice, every byte equal")
    raise SystemExit(1 if report.wrong else 0)


if __name__ == "__main__":
    main()
