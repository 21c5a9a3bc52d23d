"""Pushing a result as a client does, and the connection and switch that turn it into exports; for the API's tests."""

import io
import secrets
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from httpx2 import Response
from PIL import Image

from store.connect import immediate, rows
from tests.handlers.stage import Scene, Stage
from tests.pictures import jpeg

FilePart = tuple[str, bytes] | bytes
"""A file's name and content, or the content of one called photo.jpg."""


def push(stage: Stage, scene: Scene, *files: FilePart, who: str | dict[str, str] = "editor", **fields: Any) -> Response:
    """POST a result; `job_id` is a fresh one unless given, and None leaves it out."""
    fields = {"job_id": f"job-{secrets.token_hex(6)}", **fields}
    named = [("photo.jpg", each) if isinstance(each, bytes) else each for each in files or (jpeg(1),)]
    return stage.client.post(
        f"/api/v1/experiences/{scene.experience.id}/results",
        data={name: value for name, value in fields.items() if value is not None},
        files=[("file", (name, content)) for name, content in named],
        headers=stage.bearer(who) if isinstance(who, str) else who,
    )


def picture(kind: str, seed: int = 0) -> bytes:
    """A real picture as Pillow writes it: JPEG, PNG, GIF, WEBP."""
    out = io.BytesIO()
    Image.new("RGB", (64, 48), (seed % 256, 99, 7)).save(out, kind)
    return out.getvalue()


def files_on_disk(stage: Stage, *folders: str) -> list[Path]:
    """Every file below these folders of the data folder."""
    found: list[Path] = []
    for folder in folders or ("media", "incoming"):
        found += [path for path in (stage.settings.data_dir / folder).rglob("*") if path.is_file()]
    return sorted(found)


def connect(stage: Stage, scene: Scene, *, status: str = "connected", enabled: bool = True) -> None:
    """Give the scene's workspace a connection in this state, and its project this switch; by rows, not by Dropbox."""
    with immediate(stage.db) as db:
        db.conn.execute(
            """
            insert into connections (id, workspace_id, status, dropbox_account_id, account_email,
                account_display_name, token, scopes, connected_by, connected_at, updated_at)
            values (:id, :workspace, :status, :dropbox, 'd@example.com', 'D', :token, '', 'dbid:owner', 1, 1)
            """,
            {
                "id": secrets.token_urlsafe(12),
                "workspace": scene.workspace.id,
                "status": status,
                "dropbox": f"dbid:{scene.workspace.id}",
                "token": None if status == "disconnected" else "sealed",
            },
        )
        db.conn.execute(
            "update export_settings set enabled = :enabled where project_id = :project",
            {"enabled": int(enabled), "project": scene.project.id},
        )


def artifact_rows(stage: Stage, scene: Scene) -> Sequence[dict[str, object]]:
    """The artifacts that the scene's project has, as the database holds them."""
    return rows(
        stage.db,
        "select a.* from artifacts a join results r on r.id = a.result_id where r.project_id = :project",
        project=scene.project.id,
    )
