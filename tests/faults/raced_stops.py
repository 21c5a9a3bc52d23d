"""Stops raced with uploads and commits at random moments: no call begins after the answer, and no call is forgotten.

The suite runs a few dozen rounds; the full size by `python -m tests.faults.raced_stops --rounds 2000`.
"""

import argparse
import asyncio
import logging
import random
import socket
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import structlog

from clients.dropbox_line import Line
from rules.states import ExportState
from store import connections, export_settings
from store.connect import immediate, rows
from tests.cast import STUDIO
from tests.sandbox_server import SandboxServer
from tests.scheduler.stage import PICTURE, Event, Stage, settings_of

ANSWERS_WITHIN_S = 2.0


@dataclass
class Report:
    """`wrong` is empty when every promise held; `calls` were begun in all, `slowest_s` is the slowest answer."""

    rounds: int = 0
    calls: int = 0
    slowest_s: float = 0.0
    ends: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)


async def disconnect(stage: Stage, event: Event) -> None:
    """What handlers/stops.py does, without the sweep: that is left to the engine here."""
    async with stage.gate.stopping(connection_id=event.connection().id) as stop:
        ended = await stage.database.write(
            connections.disconnect,
            workspace_id=event.workspace_id,
            by=event.owner,
            keyring=stage.settings.keyring,
            now=stage.now(),
        )
        stop.epoch = ended.epoch


async def switch_off(stage: Stage, event: Event) -> None:
    """As `disconnect`, for one project's export."""
    async with stage.gate.stopping(project_id=event.project_id) as stop:
        settings = await stage.database.write(
            export_settings.switch, project_id=event.project_id, enabled=False, by=event.owner, now=stage.now()
        )
        stop.epoch = settings.epoch


async def race(stage: Stage, *, rounds: int, seed: int) -> Report:
    """Push a few, stop at a random moment, see that nothing begins any more; then begin again.

    Seen from our side of the wire: what was sent before the answer may reach Dropbox after it.
    """
    dice, report, begun = random.Random(seed), Report(), [0.0]
    holds = Line.holds

    def noted(line: Line, connected: socket.socket) -> None:
        holds(line, connected)
        begun.append(time.monotonic())

    Line.holds = noted  # type: ignore[method-assign, assignment]
    try:
        stage.sandbox.behave(latency={"files/*": 6}, commit_hold=4, commit_hold_per_entry=1)
        await stage.engine.start()
        for number in range(rounds):
            await _round(stage, dice, report, begun, number)
    finally:
        Line.holds = holds  # type: ignore[method-assign]
    report.calls = len(begun) - 1
    await _judge(stage, report)
    return report


async def _round(stage: Stage, dice: random.Random, report: Report, begun: list[float], number: int) -> None:
    studio = stage.studio
    for n in range(dice.choice((1, 2, 3, 12))):
        studio.push(PICTURE + f"{number} {n}".encode())
    await asyncio.sleep(dice.random() * 0.08)
    stop = dice.choice((disconnect, switch_off))
    asked = time.monotonic()
    await stop(stage, studio)
    answered = time.monotonic()
    report.rounds += 1
    report.slowest_s = max(report.slowest_s, answered - asked)
    await asyncio.sleep(0.02)
    late = [each for each in begun if each >= answered]
    if late:
        report.wrong.append(f"round {number}: {len(late)} calls began after the answer to {stop.__name__}")
    if answered - asked > ANSWERS_WITHIN_S:
        report.wrong.append(f"round {number}: {stop.__name__} was answered after {answered - asked:.2f} s")
    if stop is disconnect:
        studio.connect()
    else:
        with immediate(stage.db):
            export_settings.switch(
                stage.db, project_id=studio.project_id, enabled=True, by=studio.owner, now=stage.now()
            )
    stage.bell.set()


async def _judge(stage: Stage, report: Report) -> None:
    """Every export has ended, once, and whatever is in Dropbox is there once."""
    open_ones = "select 1 from exports where state in ('waiting', 'uploading') limit 1"
    deadline = time.monotonic() + 30
    while rows(stage.db, open_ones) and time.monotonic() < deadline:
        stage.pass_time(1)
        await asyncio.sleep(0.05)
    found = rows(stage.db, "select id, state, destination_path, content_hash from exports")
    report.ends = Counter(str(row["state"]) for row in found)
    if report.ends[ExportState.WAITING] or report.ends[ExportState.UPLOADING]:
        report.wrong.append(f"not ended: {dict(report.ends)}")
    there = stage.files()
    report.wrong += [f"{path}: {node['revisions']} revisions" for path, node in there.items() if node["revisions"] != 1]
    for row in found:
        node = there.get(str(row["destination_path"]))
        if row["state"] == ExportState.EXPORTED and (node is None or node["content_hash"] != row["content_hash"]):
            report.wrong.append(f"{row['destination_path']} is exported and not there")
    twice = rows(stage.db, "select export_id from attempts group by export_id, n having count(*) > 1")
    report.wrong += [f"export {row['export_id']} has two log rows of one try" for row in twice]


def main() -> None:
    parser = argparse.ArgumentParser(description="Race stops with uploads and count what begins after the answer.")
    parser.add_argument("--rounds", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    asked = parser.parse_args()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    print(f"seed {asked.seed}: {asked.rounds} stops raced with uploads", flush=True)

    async def raced(folder: Path, sandbox: SandboxServer) -> Report:
        stage = Stage(settings_of(folder, sandbox), sandbox)
        try:
            return await race(stage, rounds=asked.rounds, seed=asked.seed)
        finally:
            await stage.close()

    with tempfile.TemporaryDirectory() as folder, SandboxServer(Path(folder) / "sandbox") as sandbox:
        report = asyncio.run(raced(Path(folder) / "data", sandbox))
    print(f"{report.rounds} rounds, {report.calls} calls, slowest answer {report.slowest_s:.3f} s, {dict(report.ends)}")
    print("\n".join(report.wrong) or f"no call began after an answer ({STUDIO})")
    raise SystemExit(1 if report.wrong else 0)


if __name__ == "__main__":
    main()
