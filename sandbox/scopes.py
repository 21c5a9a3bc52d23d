"""The permissions an app can ask for, in plain words, and the one that each API route needs."""

WORDS: dict[str, str] = {
    "account_info.read": "See your name and e-mail address",
    "files.metadata.read": "See the names, sizes and dates of your files",
    "files.metadata.write": "Change the details of your files",
    "files.content.read": "Read what is in your files",
    "files.content.write": "Add, change and delete files",
    "sharing.read": "See what you share and with whom",
    "sharing.write": "Change what you share and with whom",
}

# From the scope attributes of Dropbox's API specification, which the SDK's generated routes leave out.
NEEDED: dict[str, str | None] = {
    "check/app": None,
    "check/user": "account_info.read",
    "auth/token/revoke": None,
    "users/get_current_account": "account_info.read",
    "users/get_space_usage": "account_info.read",
    "files/get_metadata": "files.metadata.read",
    "files/list_folder": "files.metadata.read",
    "files/list_folder/continue": "files.metadata.read",
    "files/list_folder/get_latest_cursor": "files.metadata.read",
    "files/download": "files.content.read",
    "files/get_temporary_link": "files.content.read",
    "files/upload": "files.content.write",
    "files/upload_session/start": "files.content.write",
    "files/upload_session/append_v2": "files.content.write",
    "files/upload_session/finish": "files.content.write",
    "files/upload_session/finish_batch_v2": "files.content.write",
    "files/create_folder_v2": "files.content.write",
    "files/delete_v2": "files.content.write",
}


def split(text: str) -> tuple[str, ...]:
    """The scopes of a space-separated list: each once, in order."""
    return tuple(dict.fromkeys(text.split()))
