"""A client that does what Dropbox's documentation tells clients to do with cursors, for the property tests."""

from dataclasses import dataclass, field

import dropbox
from dropbox.exceptions import ApiError

from tests.sandbox.test_listing import Mirror
from tests.sandbox.test_relocation import tags_of


@dataclass
class Follower:
    """Somebody who lists a folder page by page and goes on with the cursor for ever."""

    folder: str
    recursive: bool
    cursor: str
    mirror: Mirror = field(default_factory=Mirror)

    def step(self, client: dropbox.Dropbox) -> bool:
        """The next page; whether there is more. A folder that is gone leaves nothing to have."""
        try:
            page = client.files_list_folder_continue(self.cursor)
        except ApiError as error:
            assert tags_of(error.error) == "path/not_found"
            self.mirror.paths.clear()
            return False
        self.mirror.apply(page.entries)
        self.cursor = page.cursor
        return bool(page.has_more)
