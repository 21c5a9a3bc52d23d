"""Stops that a person asks for, on a page or by the API: no upload begins after the answer, and the answer is quick.

Each closes the gate, has one row flipped, and leaves the gate when the calls under way have ended. What waits is then
skipped in slices for as long as somebody may be kept waiting; the dispatcher finishes what is left.
"""

import asyncio
from contextlib import AsyncExitStack

from handlers.clock import now_ms
from handlers.state import State
from store import connecting, connections, deletions, export_settings, export_stops
from store.connections import Connection
from store.export_settings import ExportSettings, SettingsChange
from store.pending_grants import HeldGrant

KEPT_WAITING_S = 1.5


async def disconnect(state: State, workspace_id: str, *, by: str, way: str = "page", ip: str = "") -> Connection | None:
    """End the workspace's connection: nothing more goes to its Dropbox. None if it never had one."""
    began = clock()
    present = await state["database"].read(connections.of_workspace, workspace_id)
    if present is None:
        return None
    async with state["gate"].stopping(connection_id=present.id) as stop:
        ended = await state["database"].write(
            connections.disconnect,
            workspace_id=workspace_id,
            by=by,
            keyring=state["settings"].keyring,
            now=now_ms(),
            way=way,
            ip=ip,
        )
        stop.epoch = ended.epoch
    await sweep(state, until=began + KEPT_WAITING_S)
    return ended


async def move(state: State, workspace_id: str, *, by: str, ip: str = "") -> tuple[Connection, HeldGrant] | None:
    """Connect the other Dropbox account that waits for `by` to confirm it; None when none waits any more.

    Nothing more goes to the account before it. What waited there goes to the new one.
    """
    began = clock()
    present = await state["database"].read(connections.of_workspace, workspace_id)
    if present is None:
        return None
    async with state["gate"].stopping(connection_id=present.id) as stop:
        moved = await state["database"].write(
            connecting.confirm,
            by=by,
            workspace_id=workspace_id,
            keyring=state["settings"].keyring,
            now=now_ms(),
            ip=ip,
        )
        stop.epoch = moved[0].epoch if moved else present.epoch
    await sweep(state, until=began + KEPT_WAITING_S)
    return moved


async def switch_on(state: State, project_id: str, *, by: str, way: str = "page", ip: str = "") -> ExportSettings:
    """Switch the project's export on; raises Conflict while Dropbox is not connected."""
    return await change_settings(state, project_id, {"enabled": True}, by=by, way=way, ip=ip)


async def switch_off(state: State, project_id: str, *, by: str, way: str = "page", ip: str = "") -> ExportSettings:
    """Switch the project's export off: nothing more of it goes to Dropbox. Always works."""
    return await change_settings(state, project_id, {"enabled": False}, by=by, way=way, ip=ip)


async def change_settings(
    state: State, project_id: str, fields: SettingsChange, *, by: str, way: str = "page", ip: str = ""
) -> ExportSettings:
    """Change any of a project's export settings, the switch among them: all or nothing.

    Raises Invalid with a sentence for each field, and Conflict for a switch that can't be put on.
    """
    write = state["database"].write
    if fields.get("enabled") is not False:
        return await write(
            export_settings.put, project_id=project_id, fields=fields, by=by, now=now_ms(), way=way, ip=ip
        )
    began = clock()
    async with state["gate"].stopping(project_id=project_id) as stop:
        settings = await write(
            export_settings.put, project_id=project_id, fields=fields, by=by, now=now_ms(), way=way, ip=ip
        )
        stop.epoch = settings.epoch
    await sweep(state, until=began + KEPT_WAITING_S)
    return settings


async def delete_workspace(state: State, workspace_id: str, *, by: str, way: str = "page", ip: str = "") -> None:
    """Delete the workspace: nothing more of it goes to its Dropbox, where all files stay.

    Raises NotPermitted unless `by` owns it now, NotFound if it is deleted already.
    """
    began = clock()
    present = await state["database"].read(connections.of_workspace, workspace_id)
    async with AsyncExitStack() as stack:
        stop = await stack.enter_async_context(state["gate"].stopping(connection_id=present.id)) if present else None
        epoch = await state["database"].write(
            deletions.delete_workspace,
            workspace_id,
            by=by,
            keyring=state["settings"].keyring,
            now=now_ms(),
            way=way,
            ip=ip,
        )
        if stop is not None:
            stop.epoch = epoch
    await sweep(state, until=began + KEPT_WAITING_S)


async def delete_project(state: State, project_id: str, *, by: str, way: str = "page") -> None:
    """Delete the project: nothing more of it goes to Dropbox. Raises NotFound if it is deleted already."""
    began = clock()
    async with state["gate"].stopping(project_id=project_id) as stop:
        stop.epoch = await state["database"].write(deletions.delete_project, project_id, by=by, now=now_ms(), way=way)
    await sweep(state, until=began + KEPT_WAITING_S)


async def delete_experience(state: State, experience_id: str, *, by: str, way: str = "page") -> None:
    """Delete the experience: nothing more of it goes to Dropbox. Raises NotFound if it is deleted already.

    Calls for the project's other experiences are cut too, and made again under the project's new epoch.
    """
    began = clock()
    project_id = await state["database"].read(deletions.project_of, experience_id)
    async with state["gate"].stopping(project_id=project_id) as stop:
        stop.epoch = await state["database"].write(
            deletions.delete_experience, experience_id, by=by, now=now_ms(), way=way
        )
    await sweep(state, until=began + KEPT_WAITING_S)


async def sweep(state: State, *, until: float) -> None:
    """Skip what waits, slice after slice, until nothing is left or the time is over."""
    handled = 1
    while handled and clock() < until:
        handled = await state["database"].write(export_stops.sweep, now=now_ms())


def clock() -> float:
    return asyncio.get_running_loop().time()
