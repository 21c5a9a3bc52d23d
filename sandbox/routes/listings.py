"""Looking: get_metadata, and list_folder with its cursors."""

from typing import Any

from dropbox import files

from sandbox.calls import Call
from sandbox.listing import DEFAULT_LIMIT, Cursor, folder_is_there, page, read_cursor, write_cursor
from sandbox.paths import lower
from sandbox.refusals import Refusal
from sandbox.routes.lookup import locate, locate_folder
from sandbox.routes.metadata import metadata
from sandbox.routes.thumbnails import add_media_info
from sandbox.wire import BadCall


async def get_metadata(call: Call) -> Any:
    """files/get_metadata: a file, a folder, or with include_deleted what is left of one."""
    try:
        node = locate(call.world.db, call.person_caller, call.arg.path, deleted=call.arg.include_deleted)
    except Refusal as refusal:
        raise refusal.under("path") from None
    told = metadata(node, call.person_caller)
    if call.arg.include_media_info and node.kind == "file" and not node.deleted:
        await add_media_info(call, node, told)
    return told


async def list_folder(call: Call) -> Any:
    """files/list_folder: the first page of a folder."""
    return _page(call, _first_cursor(call))


async def list_folder_continue(call: Call) -> Any:
    """files/list_folder/continue: the next page, or what changed since the last."""
    cursor = read_cursor(call.world.db, call.person_caller, call.arg.cursor)
    if not folder_is_there(call.world.db, cursor):
        raise Refusal("path/not_found")
    return _page(call, cursor)


async def get_latest_cursor(call: Call) -> Any:
    """files/list_folder/get_latest_cursor: a cursor for changes from now on."""
    cursor = Cursor(**{**vars(_first_cursor(call)), "after": None})
    return files.ListFolderGetLatestCursorResult(cursor=write_cursor(call.world.db, cursor))


def _first_cursor(call: Call) -> Cursor:
    caller, arg, db = call.person_caller, call.arg, call.world.db
    if arg.shared_link is not None:
        raise BadCall("request body: shared_link: the sandbox does not serve shared links")
    if arg.path == "/":
        raise BadCall('request body: path: Specify the root folder as an empty string rather than as "/".')
    try:
        path = locate_folder(db, caller, arg.path)
    except Refusal as refusal:
        raise refusal.under("path") from None
    return Cursor(
        account_id=caller.account_id,
        epoch=caller.person.cursor_epoch,
        root=caller.root,
        folder=lower(path),
        recursive=arg.recursive,
        include_deleted=arg.include_deleted,
        restorable=arg.include_restorable_info,
        limit=arg.limit or DEFAULT_LIMIT,
        since=db.last_change,
    )


def _page(call: Call, cursor: Cursor) -> Any:
    nodes, following, more = page(call.world.db, cursor)
    return files.ListFolderResult(
        entries=[metadata(node, call.person_caller, restorable=cursor.restorable) for node in nodes],
        cursor=write_cursor(call.world.db, following),
        has_more=more,
    )
