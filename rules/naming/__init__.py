"""From names and a template to a file's path in Dropbox (CONTRACT.md §5): safe names, file names, paths.

Whether a path is taken, and claiming it, is the store's part.
"""

from rules.naming.file_names import FileFacts, candidates, file_name
from rules.naming.names import MAX_NAME, safe_name
from rules.naming.paths import (
    MAX_FOLDER_PATH,
    destination_path,
    display_path,
    path_key,
    project_folder_candidates,
    validate_folder_path,
)
from rules.naming.short_codes import short_code
from rules.naming.templates import DEFAULT_TEMPLATE, MAX_TEMPLATE, PLACEHOLDERS, validate_template
from rules.naming.times import date_text, time_text, validate_timezone

__all__ = [
    "DEFAULT_TEMPLATE",
    "MAX_FOLDER_PATH",
    "MAX_NAME",
    "MAX_TEMPLATE",
    "PLACEHOLDERS",
    "FileFacts",
    "candidates",
    "date_text",
    "destination_path",
    "display_path",
    "file_name",
    "path_key",
    "project_folder_candidates",
    "safe_name",
    "short_code",
    "time_text",
    "validate_folder_path",
    "validate_template",
    "validate_timezone",
]
