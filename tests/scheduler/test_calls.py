"""Blocking calls on threads: what they return and raise comes back, and a line that stands still is given up."""

import asyncio
import threading
import time

import pytest

from clients.dropbox_line import Line, Overdue
from clients.stop_gate import Stopped
from scheduler import calls
from scheduler.calls import on_a_thread

pytestmark = pytest.mark.anyio


async def test_what_the_work_returns_comes_back_from_another_thread():
    here = threading.get_ident()
    assert await on_a_thread(threading.get_ident) != here


async def test_what_the_work_raises_comes_back():
    def work() -> None:
        raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        await on_a_thread(work)


def ends(line: Line) -> None:
    """Work that goes on until its line ends."""
    while True:
        line.check()
        time.sleep(0.01)


async def test_a_line_on_which_nothing_moves_is_given_up(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(calls, "LOOK_EVERY_S", 0.02)
    monkeypatch.setattr(calls, "LONGEST_IDLE_S", 0.1)
    line = Line()
    with pytest.raises(Overdue):
        await on_a_thread(lambda: ends(line), line)


async def test_a_line_on_which_something_moves_may_take_long(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(calls, "LOOK_EVERY_S", 0.02)
    monkeypatch.setattr(calls, "LONGEST_IDLE_S", 0.1)
    line = Line()

    def work() -> str:
        for _ in range(30):
            line.moved()
            line.check()
            time.sleep(0.01)
        return "done"

    assert await on_a_thread(work, line) == "done"


async def test_cancelled_it_cuts_its_line():
    line = Line()
    task = asyncio.create_task(on_a_thread(lambda: ends(line), line))
    await asyncio.sleep(0.05)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert line.was_cut
    with pytest.raises(Stopped):
        line.check()
