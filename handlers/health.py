"""For machines that watch this one: is the process alive, and is it fit to serve."""

import asyncio
import shutil
import sqlite3

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from handlers.state import State
from store import figures
from store.database import Database
from store.media import LEAST_FREE_BYTES

DATABASE_ANSWERS_WITHIN = 2.0  # seconds


async def healthz(request: Request[State]) -> Response:
    """GET /healthz: the process answers."""
    return PlainTextResponse("ok\n")


async def readyz(request: Request[State]) -> Response:
    """GET /readyz: 200 when database, scheduler and disk are fit, else 503 saying which is not."""
    state = request.state
    checks = {
        "database": await _answers(state["database"]),
        "scheduler": state["engine_alive"](),
        "disk": shutil.disk_usage(state["settings"].data_dir).free > LEAST_FREE_BYTES,
    }
    return JSONResponse(checks, 200 if all(checks.values()) else 503)


async def _answers(database: Database) -> bool:
    try:
        return await asyncio.wait_for(database.read(figures.schema_version), DATABASE_ANSWERS_WITHIN) > 0
    except (sqlite3.Error, TimeoutError):
        return False
