"""One Dropbox client for each connection in use, with its sockets and its access token; made anew with a new grant."""

from collections import OrderedDict
from collections.abc import Callable
from functools import partial

from clients.access_tokens import AccessTokens
from clients.dropbox import Dropbox
from clients.dropbox_http import Hosts, new_session
from clients.dropbox_oauth import DropboxOAuth
from settings import Settings

MOST = 256
SOCKETS = 18
"""For sixteen uploads at once, a commit and a look."""

WARM = 24
"""So many keep their idle sockets; of the others, only the access token is kept."""


class Dropboxes:
    """Keeps the most recently used ones. Not for several threads: the event loop alone asks."""

    def __init__(self, settings: Settings, oauth: DropboxOAuth, now: Callable[[], int]) -> None:
        self._hosts = Hosts.of(settings)
        self._oauth = oauth
        self._now = now
        self._kept: OrderedDict[str, tuple[str, Dropbox]] = OrderedDict()

    def of(self, connection_id: str, refresh_token: str) -> Dropbox:
        """The connection's client under this grant; one under an earlier grant is closed."""
        kept = self._kept.pop(connection_id, None)
        if kept is not None and kept[0] != refresh_token:
            kept[1].close()
            kept = None
        if kept is None:
            tokens = AccessTokens(partial(self._oauth.refresh, refresh_token), self._now)
            kept = (refresh_token, Dropbox(new_session(self._hosts, pool=SOCKETS), tokens))
        self._kept[connection_id] = kept
        if len(self._kept) > MOST:
            self._kept.popitem(last=False)[1][1].close()
        if len(self._kept) > WARM:
            list(self._kept.values())[-WARM - 1][1].close()
        return kept[1]

    def close(self) -> None:
        """Close all that are kept."""
        while self._kept:
            self._kept.popitem()[1][1].close()
