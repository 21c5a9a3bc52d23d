"""Nodes of the tree as the SDK's metadata objects, with paths as the calling app sees them."""

from datetime import UTC, datetime
from typing import Any

from dropbox import files

from sandbox.callers import Caller
from sandbox.tree import Node


class Moment(datetime):
    """A time whose year is written with four figures, the year 1 too: some clients send it for "unknown"."""

    def strftime(self, format: str) -> str:
        return super().strftime(format.replace("%Y", f"{self.year:04}"))


def moment(milliseconds: int | None) -> datetime:
    """A time as the SDK writes it: naive, UTC, whole seconds."""
    return Moment.fromtimestamp((milliseconds or 0) // 1000, UTC).replace(tzinfo=None)


def milliseconds(value: datetime | None) -> int | None:
    """A time of the SDK's as milliseconds UTC."""
    return None if value is None else int(value.replace(tzinfo=UTC).timestamp()) * 1000


def _seen(path: str, caller: Caller) -> str:
    """A whole path as the app sees it: what stands before its root is left away, however that is written there."""
    return "/".join(["", *path.split("/")[caller.root.count("/") + 1 :]])


def metadata(node: Node, caller: Caller, *, restorable: bool = False) -> Any:
    """FileMetadata, FolderMetadata or DeletedMetadata for a node; `restorable` tells of deleted ones if they are."""
    place = {
        "name": node.name,
        "path_lower": _seen(node.lower, caller),
        "path_display": _seen(node.display, caller),
    }
    if node.deleted:
        # Only revisions of files can be restored; folders come back with what was in them.
        return files.DeletedMetadata(**place, is_restorable=node.kind == "file" if restorable else None)
    if node.kind == "folder":
        return files.FolderMetadata(id=node.file_id, **place)
    return files.FileMetadata(
        id=node.file_id,
        client_modified=moment(node.client_modified),
        server_modified=moment(node.server_modified),
        rev=node.rev,
        size=node.size,
        content_hash=node.content_hash,
        is_downloadable=True,
        **place,
    )
