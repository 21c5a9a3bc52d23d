"""The permissions an app can ask for, in plain words, and the one that each API route needs."""

WORDS: dict[str, str] = {
    "account_info.read": "See your name and e-mail address",
    "files.metadata.read": "See the names, sizes and dates of your files",
    "files.metadata.write": "Change the details of your files",
    "files.content.read": "Read what is in your files",
    "files.content.write": "Add, change and delete files",
    "sharing.read": "See what you share and with whom",
    "sharing.write": "Change what you share and with whom",
    "openid": "Know who you are at Dropbox",
    "email": "Know your e-mail address",
    "profile": "Know your name",
}

# From the scope attributes of Dropbox's API specification, which the SDK's generated routes leave out.
ROUTES_OF: dict[str | None, tuple[str, ...]] = {
    None: ("check/app", "auth/token/revoke", "files/list_folder/longpoll"),
    "openid": ("openid/userinfo",),
    "account_info.read": (
        "check/user",
        "users/features/get_values",
        "users/get_current_account",
        "users/get_space_usage",
    ),
    "sharing.read": ("users/get_account", "users/get_account_batch"),
    "files.metadata.read": (
        "files/get_metadata",
        "files/list_folder",
        "files/list_folder/continue",
        "files/list_folder/get_latest_cursor",
        "files/list_revisions",
        "files/search_v2",
        "files/search/continue_v2",
    ),
    "files.content.read": (
        "files/download",
        "files/download_zip",
        "files/get_temporary_link",
        "files/get_thumbnail",
        "files/get_thumbnail_v2",
        "files/get_thumbnail_batch",
    ),
    "files.content.write": (
        "files/upload",
        "files/upload_session/append",
        "files/upload_session/append_batch",
        "files/upload_session/append_v2",
        "files/upload_session/finish",
        "files/upload_session/finish_batch",
        "files/upload_session/finish_batch/check",
        "files/upload_session/finish_batch_v2",
        "files/upload_session/start",
        "files/upload_session/start_batch",
        "files/create_folder",
        "files/create_folder_v2",
        "files/create_folder_batch",
        "files/create_folder_batch/check",
        "files/copy",
        "files/copy_v2",
        "files/copy_batch_v2",
        "files/copy_batch/check_v2",
        "files/move",
        "files/move_v2",
        "files/move_batch_v2",
        "files/move_batch/check_v2",
        "files/delete",
        "files/delete_v2",
        "files/delete_batch",
        "files/delete_batch/check",
        "files/restore",
    ),
}
NEEDED: dict[str, str | None] = {route: scope for scope, routes in ROUTES_OF.items() for route in routes}


def split(text: str) -> tuple[str, ...]:
    """The scopes of a space-separated list: each once, in order."""
    return tuple(dict.fromkeys(text.split()))
