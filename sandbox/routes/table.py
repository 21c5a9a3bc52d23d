"""Every API route that the sandbox serves. Importing this loads the SDK's types, which takes about a second."""

from typing import Any

from dropbox import auth, check, files, users

from sandbox.calls import Served
from sandbox.routes import account, contents, folders, upload_sessions, uploads
from sandbox.routes.path_root import check_path_root
from sandbox.scopes import NEEDED

__all__ = ["KNOWN", "ROUTES", "check_path_root"]

NAMESPACES: dict[str, Any] = {"auth": auth, "check": check, "files": files, "users": users}

HANDLERS: dict[str, Any] = {
    "auth/token/revoke": account.revoke,
    "check/app": account.echo,
    "check/user": account.echo,
    "users/get_current_account": account.get_current_account,
    "users/get_space_usage": account.get_space_usage,
    "files/upload": uploads.upload,
    "files/upload_session/start": upload_sessions.start,
    "files/upload_session/append_v2": upload_sessions.append_v2,
    "files/upload_session/finish": upload_sessions.finish,
    "files/upload_session/finish_batch_v2": upload_sessions.finish_batch_v2,
    "files/get_metadata": folders.get_metadata,
    "files/list_folder": folders.list_folder,
    "files/list_folder/continue": folders.list_folder_continue,
    "files/list_folder/get_latest_cursor": folders.get_latest_cursor,
    "files/create_folder_v2": folders.create_folder_v2,
    "files/delete_v2": folders.delete_v2,
    "files/download": contents.download,
    "files/get_temporary_link": contents.get_temporary_link,
}


def _described(name: str) -> Any:
    namespace, _, rest = name.partition("/")
    plain, _, version = rest.partition("_v")
    return NAMESPACES[namespace].ROUTES[f"{plain}:{version}" if version else plain]


ROUTES: dict[str, Served] = {
    name: Served(name, _described(name), handler, NEEDED[name]) for name, handler in HANDLERS.items()
}

# Routes that the SDK knows and the sandbox does not serve (yet): the answer says so.
KNOWN: set[str] = {
    f"{namespace}/{route.name}" + (f"_v{route.version}" if route.version > 1 else "")
    for namespace, module in NAMESPACES.items()
    for route in module.ROUTES.values()
}
