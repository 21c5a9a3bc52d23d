"""Two hundred small files to one Dropbox account against the theoretical bound, and one file at a time without backlog.

The engine runs here, the sandbox in a process of its own: each call takes L, a commit locks the namespace for W and w
more for each further file, P uploads go at once.
"""

import asyncio
import statistics
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

from rules.width import MOST
from store.connect import rows
from tests.cast import STUDIO
from tests.sandbox_server import SandboxServer
from tests.scheduler.stage import Stage, settings_of

L_MS, W_MS, PER_ENTRY_MS = 50, 100, 10
FILES, FILE_BYTES, RUNS, SINGLES = 200, 64 * 1024, 3, 25

T = TypeVar("T")


def bound_s(files: int = FILES, width: int = MOST) -> float:
    """No engine with `width` uploads at once and one commit at a time can be faster; seconds."""
    uploading = files * L_MS / width + L_MS + W_MS
    committing = W_MS + (files - 1) * PER_ENTRY_MS + 2 * L_MS
    return max(uploading, committing) / 1000


def run(folder: Path) -> list[str]:
    """Lines of a Markdown table."""
    with SandboxServer(folder / "small-files-sandbox") as sandbox:
        races = [on_stage(folder / f"race-{n}", sandbox, _backlog) for n in range(RUNS)]
        singles = on_stage(folder / "singles", sandbox, _one_at_a_time)
    took, calls = zip(*races, strict=True)
    median, bound = statistics.median(took), bound_s()
    late = [each - (L_MS + W_MS) / 1000 for each in singles]
    return [
        f"| {FILES} times 64 KiB to one account: ours · theory · ratio (to reach 1.20) "
        f"| {median:.2f} s · {bound:.2f} s · {median / bound:.2f} |",
        f"| calls per exported small file under backlog (to reach 1.05) | {statistics.median(calls) / FILES:.3f} |",
        f"| one at a time, stored to committed beyond L + W: p50 · p99 (to reach 30 · 200 ms) "
        f"| {statistics.median(late) * 1000:.0f} ms · {max(late) * 1000:.0f} ms |",
    ]


def on_stage(folder: Path, sandbox: SandboxServer, act: Callable[[Stage], Awaitable[T]]) -> T:
    """Run `act` with a fresh engine and a fresh sandbox that is as slow as the race says."""
    sandbox.reset()
    settings = settings_of(folder, sandbox)

    async def staged() -> T:
        stage = Stage(settings, sandbox)
        sandbox.behave(latency={"files/*": L_MS}, write_lock=True, commit_hold=W_MS, commit_hold_per_entry=PER_ENTRY_MS)
        try:
            return await act(stage)
        finally:
            await stage.close()

    return asyncio.run(staged())


async def _backlog(stage: Stage) -> tuple[float, int]:
    """Seconds from the engine's start to the last file, and how many calls it took."""
    for number in range(FILES):
        stage.studio.push(number.to_bytes(4, "big") * (FILE_BYTES // 4), bell=False)
    stage.sandbox.clear_history()
    started = time.monotonic()
    await stage.engine.start()
    await stage.until(lambda: not rows(stage.db, "select 1 from exports where state != 'exported' limit 1"), within=60)
    took = time.monotonic() - started
    assert len(stage.sandbox.files(STUDIO)) == FILES
    assert rows(stage.db, "select 1 from attempts where status != 'success'") == []
    return took, len(stage.sandbox.history("files/*"))


async def _one_at_a_time(stage: Stage) -> list[float]:
    """Seconds from a stored result to its file in Dropbox, each alone."""
    await stage.engine.start()
    found = []
    for number in range(SINGLES + 1):
        data = number.to_bytes(4, "big") * (FILE_BYTES // 4)
        export = stage.studio.push(data)
        started = time.monotonic()
        await stage.ended(export)
        found.append(time.monotonic() - started)
        await asyncio.sleep(0.03)
    # The first one fetches the access token.
    return found[1:]
