"""Batches: many entries, each with its own ending, done at once or as a job that is asked after."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

from sandbox.calls import Call
from sandbox.limits import Busy
from sandbox.misbehaving import MADE_UP_FIELDS
from sandbox.refusals import Refusal, build
from sandbox.routes.uploads import committing
from sandbox.stone_json import encode, union_of
from sandbox.wire import json_answer


@dataclass(frozen=True)
class Batch:
    """A batch route in the SDK's types, and its own name for the jobs that it begins.

    `work` does one entry and returns what its success holds, or raises Refusal with tags of `error_type`.
    `busy` are the tags of that type for a namespace that somebody else writes to. A route that
    is never a job has neither `launch` nor `status`.
    """

    name: str
    work: Callable[[Call, Any], Awaitable[Any]]
    error_type: Any
    entry: Any
    result: Any
    busy: str = "too_many_write_operations"
    launch: Any = None
    status: Any = None

    def failed(self, tags: str, fields: dict[str, Any]) -> Any:
        """The ending of an entry that failed."""
        return self.entry.failure(build(self.error_type, tags.split("/"), fields))


async def carry_out(call: Call, batch: Batch, entries: Sequence[Any]) -> Any:
    """Do the entries one after the other under one hold of the namespace; their endings in the order given."""
    try:
        async with committing(call, len(entries)):
            endings = [await _one(call, batch, position, entry) for position, entry in enumerate(entries)]
    except Busy:
        endings = [batch.failed(batch.busy, {}) for _ in entries]
    return batch.result(entries=endings)


async def _one(call: Call, batch: Batch, position: int, entry: Any) -> Any:
    # A thousand entries take half a second: let other requests have their turn between them.
    await asyncio.sleep(0)
    rule = call.fault
    if rule is not None and rule.kind == "entry_error" and rule.strikes_entry(position):
        return batch.failed(rule.details.get("error", batch.busy), MADE_UP_FIELDS)
    try:
        return batch.entry.success(await batch.work(call, entry))
    except Refusal as refusal:
        return batch.failed(refusal.tags, refusal.fields)


async def launch(call: Call, batch: Batch, entries: Sequence[Any], *, always: bool = False) -> Any:
    """Answer with the endings when the entries are few, else (or `always`) with the id of a job that does them."""
    behaviour = call.world.behaviour
    if not always and len(entries) < behaviour.job_entries:
        return batch.launch.complete(await carry_out(call, batch, entries))

    async def work() -> Any:
        complete = batch.status.complete(await carry_out(call, batch, entries))
        return encode(union_of(batch.status), complete)

    job_id = call.world.jobs.start(batch.name, call.person_caller, work(), behaviour.job_delay)
    return batch.launch.async_job_id(job_id)


async def check(call: Call, batch: Batch) -> Any:
    """How a job of this batch stands; `invalid_async_job_id` for any other id."""
    job = call.world.jobs.find(batch.name, call.person_caller, call.arg.async_job_id)
    if job is None:
        raise Refusal("invalid_async_job_id")
    if job.state == "lost":
        raise Refusal("internal_error")
    if job.state == "running":
        return batch.status.in_progress
    return json_answer(200, job.answer)


def checking(batch: Batch) -> Callable[[Call], Awaitable[Any]]:
    """The handler of a batch's check route."""

    async def handler(call: Call) -> Any:
        return await check(call, batch)

    return handler
