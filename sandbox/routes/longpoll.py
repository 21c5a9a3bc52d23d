"""files/list_folder/longpoll: waiting for a change without asking again and again. Needs no token, only a cursor."""

import random
from typing import Any

from dropbox import files

from sandbox.calls import Call
from sandbox.listing import check_epoch, open_cursor, waits
from sandbox.misbehaving import Dropped, wait_for
from sandbox.people import find_person


async def longpoll(call: Call) -> Any:
    """Answer as soon as a cursor has something to tell, or when the time is over, by the sandbox's clock."""
    world = call.world
    cursor = open_cursor(world.db, call.arg.cursor)
    jitter = random.uniform(0, world.behaviour.longpoll_jitter)  # noqa: S311 - nothing secret
    until = call.now + call.arg.timeout * 1000 + int(jitter)
    with world.bell.listening(cursor.account_id) as heard:
        while True:
            heard.clear()
            check_epoch(cursor, find_person(world.db, cursor.account_id))
            changes, left = waits(world.db, cursor), until - world.clock.now()
            if changes or left <= 0:
                backoff = world.behaviour.longpoll_backoff_seconds or None
                return files.ListFolderLongpollResult(changes=changes, backoff=backoff)
            if not await wait_for(world, call.request, heard, left / 1000):
                raise Dropped
