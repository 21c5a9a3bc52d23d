"""The stop gate: what is under way is cut, what comes late is refused, and the new epoch gets in."""

import asyncio
import threading
import time

import pytest

from clients.stop_gate import StopGate, Stopped

pytestmark = pytest.mark.anyio


def enters(gate: StopGate, *, connection_epoch: int = 1, settings_epoch: int = 1, project: str = "p") -> bool:
    try:
        with gate.call("c", connection_epoch, project, settings_epoch):
            return True
    except Stopped:
        return False


class Upload(threading.Thread):
    """A call under way in a thread that ends when it is cut (or when `obeys` is False, long after)."""

    def __init__(self, gate: StopGate, *, obeys: bool = True, **epochs: int) -> None:
        super().__init__(daemon=True)
        self.gate, self.obeys = gate, obeys
        self.epochs = {"connection_epoch": 1, "settings_epoch": 1, **epochs}
        self.inside, self.was_cut = threading.Event(), threading.Event()
        self.start()
        self.inside.wait(5)

    def run(self) -> None:
        with self.gate.call("c", self.epochs["connection_epoch"], "p", self.epochs["settings_epoch"]) as call:
            call.cuts(self.was_cut.set)
            self.inside.set()
            self.was_cut.wait(5)
            if not self.obeys:
                time.sleep(4)


async def test_a_stop_cuts_what_is_under_way_and_awaits_its_end():
    gate = StopGate()
    upload = Upload(gate)
    async with gate.stopping(connection_id="c") as stop:
        assert not upload.was_cut.is_set()
        stop.epoch = 2
    upload.join(1)
    assert upload.was_cut.is_set()
    assert not upload.is_alive()


async def test_while_a_stop_is_under_way_nobody_enters():
    gate = StopGate()
    async with gate.stopping(connection_id="c") as stop:
        assert not enters(gate)
        assert not enters(gate, connection_epoch=2)
        stop.epoch = 2


async def test_after_a_stop_only_newer_epochs_enter():
    gate = StopGate()
    async with gate.stopping(connection_id="c") as stop:
        stop.epoch = 2
    assert not enters(gate)
    assert enters(gate, connection_epoch=2)


async def test_a_project_stops_alone():
    gate = StopGate()
    async with gate.stopping(project_id="p") as stop:
        assert enters(gate, project="other")
        stop.epoch = 5
    assert not enters(gate, settings_epoch=4)
    assert enters(gate, settings_epoch=5)
    assert enters(gate, project="other")


async def test_a_stop_that_is_refused_leaves_everything_as_it_was():
    gate = StopGate()
    upload = Upload(gate)
    with pytest.raises(ValueError, match="no"):
        async with gate.stopping(connection_id="c"):
            raise ValueError("no")
    assert not upload.was_cut.is_set()
    assert enters(gate)
    upload.was_cut.set()
    upload.join(1)


async def test_a_stop_cancelled_in_the_middle_cuts_all_the_same():
    gate = StopGate()
    upload = Upload(gate)

    async def cancelled() -> None:
        async with gate.stopping(connection_id="c"):
            await asyncio.sleep(60)

    task = asyncio.create_task(cancelled())
    await asyncio.sleep(0.01)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    upload.join(1)
    assert upload.was_cut.is_set()
    assert enters(gate)


async def test_a_stop_without_an_epoch_cuts_all_and_opens_as_before():
    gate = StopGate()
    upload = Upload(gate, settings_epoch=7)
    async with gate.stopping(project_id="p"):
        pass
    upload.join(1)
    assert upload.was_cut.is_set()
    assert enters(gate, settings_epoch=7)


async def test_calls_of_the_new_epoch_are_not_cut_by_the_stop_that_made_it():
    gate = StopGate()
    upload = Upload(gate, connection_epoch=2)
    async with gate.stopping(connection_id="c") as stop:
        stop.epoch = 2
    assert not upload.was_cut.is_set()
    upload.was_cut.set()
    upload.join(1)


async def test_a_stop_answers_within_two_seconds_even_when_a_call_does_not_end():
    gate = StopGate()
    upload = Upload(gate, obeys=False)
    began = time.monotonic()
    async with gate.stopping(connection_id="c") as stop:
        stop.epoch = 2
    assert time.monotonic() - began < 2.5
    assert upload.was_cut.is_set()


async def test_what_registers_after_the_cut_is_cut_on_the_spot():
    gate = StopGate()
    cut: list[str] = []
    with gate.call("c", 1, "p", 1) as call:
        call.cut()
        call.cuts(lambda: cut.append("late"))
    assert cut == ["late"]


async def test_two_stops_at_once_leave_the_newest_epoch():
    gate = StopGate()
    async with gate.stopping(connection_id="c") as first, gate.stopping(connection_id="c") as second:
        first.epoch, second.epoch = 2, 3
    assert not enters(gate, connection_epoch=2)
    assert enters(gate, connection_epoch=3)


async def test_what_is_under_way_is_known_with_the_oldest_epoch_of_each_connection():
    gate = StopGate()
    assert gate.under_way() == {}
    with gate.call("a", 3, "p", 1), gate.call("a", 2, "q", 1), gate.call("b", 7, None, 0):
        assert gate.under_way() == {"a": 2, "b": 7}
    assert gate.under_way() == {}
