"""Every API route that the sandbox serves. Importing this loads the SDK's types, which takes about a second."""

import re
from typing import Any

from dropbox import auth, check, files, openid, users

from sandbox.calls import Served
from sandbox.routes import (
    account,
    contents,
    deleting,
    folders,
    listings,
    longpoll,
    relocation,
    revisions,
    search,
    session_batches,
    thumbnails,
    upload_sessions,
    uploads,
)
from sandbox.routes.batches import Batch, checking
from sandbox.routes.path_root import check_path_root
from sandbox.scopes import NEEDED

__all__ = ["KNOWN", "ROUTES", "check_path_root"]

VERSION = re.compile(r"_v(\d+)$")
NAMESPACES: dict[str, Any] = {"auth": auth, "check": check, "files": files, "openid": openid, "users": users}

HANDLERS: dict[str, Any] = {
    "auth/token/revoke": account.revoke,
    "check/app": account.echo,
    "check/user": account.echo,
    "openid/userinfo": account.userinfo,
    "users/features/get_values": account.get_features,
    "users/get_account": account.get_account,
    "users/get_account_batch": account.get_account_batch,
    "users/get_current_account": account.get_current_account,
    "users/get_space_usage": account.get_space_usage,
    "files/upload": uploads.upload,
    "files/upload_session/start": upload_sessions.start,
    "files/upload_session/append": upload_sessions.append_v1,
    "files/upload_session/append_v2": upload_sessions.append_v2,
    "files/upload_session/append_batch": session_batches.append_batch,
    "files/upload_session/finish": upload_sessions.finish,
    "files/upload_session/finish_batch": session_batches.finish_batch,
    "files/upload_session/finish_batch/check": checking(session_batches.FINISHES),
    "files/upload_session/finish_batch_v2": session_batches.finish_batch_v2,
    "files/upload_session/start_batch": session_batches.start_batch,
    "files/get_metadata": listings.get_metadata,
    "files/list_folder": listings.list_folder,
    "files/list_folder/continue": listings.list_folder_continue,
    "files/list_folder/get_latest_cursor": listings.get_latest_cursor,
    "files/list_folder/longpoll": longpoll.longpoll,
    "files/create_folder": folders.create_folder_v1,
    "files/create_folder_v2": folders.create_folder_v2,
    "files/create_folder_batch": folders.create_folder_batch,
    "files/create_folder_batch/check": checking(folders.BATCH),
    "files/copy": relocation.copy_v1,
    "files/copy_v2": relocation.copy_v2,
    "files/copy_batch_v2": relocation.copy_batch_v2,
    "files/copy_batch/check_v2": checking(relocation.COPIES),
    "files/move": relocation.move_v1,
    "files/move_v2": relocation.move_v2,
    "files/move_batch_v2": relocation.move_batch_v2,
    "files/move_batch/check_v2": checking(relocation.MOVES),
    "files/delete": deleting.delete_v1,
    "files/delete_v2": deleting.delete_v2,
    "files/delete_batch": deleting.delete_batch,
    "files/delete_batch/check": checking(deleting.BATCH),
    "files/list_revisions": revisions.list_revisions,
    "files/restore": revisions.restore,
    "files/search_v2": search.search_v2,
    "files/search/continue_v2": search.search_continue_v2,
    "files/download": contents.download,
    "files/download_zip": contents.download_zip,
    "files/get_thumbnail": thumbnails.get_thumbnail_v1,
    "files/get_thumbnail_v2": thumbnails.get_thumbnail_v2,
    "files/get_thumbnail_batch": thumbnails.get_thumbnail_batch,
    "files/get_temporary_link": contents.get_temporary_link,
}

# The routes whose entries end one by one.
BATCHES: dict[str, Batch] = {
    "files/upload_session/finish_batch": session_batches.FINISHES,
    "files/upload_session/finish_batch_v2": session_batches.FINISHES,
    "files/create_folder_batch": folders.BATCH,
    "files/copy_batch_v2": relocation.COPIES,
    "files/move_batch_v2": relocation.MOVES,
    "files/delete_batch": deleting.BATCH,
}


def _described(name: str) -> Any:
    namespace, _, rest = name.partition("/")
    return NAMESPACES[namespace].ROUTES[VERSION.sub(r":\1", rest)]


def _served(name: str) -> Served:
    batch = BATCHES.get(name)
    return Served(name, _described(name), HANDLERS[name], NEEDED[name], batch.error_type if batch else None)


ROUTES: dict[str, Served] = {name: _served(name) for name in HANDLERS}

# Routes that the SDK knows and the sandbox does not serve (yet): the answer says so.
KNOWN: set[str] = {
    f"{namespace}/{route.name}" + (f"_v{route.version}" if route.version > 1 else "")
    for namespace, module in NAMESPACES.items()
    for route in module.ROUTES.values()
}
