"""One API call as the routes see it, and what a route is. Shared by the dispatcher and the routes; does nothing."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request

from sandbox.apps import App
from sandbox.blobs import Piece
from sandbox.callers import Caller
from sandbox.faults import Rule
from sandbox.history import Entry
from sandbox.world import World


@dataclass
class Call:
    """A call in progress. `arg` is the decoded SDK object; `piece` the payload of an upload-style call."""

    world: World
    served: "Served"
    request: Request
    entry: Entry
    caller: Caller | App | None
    arg: Any
    now: int
    piece: Piece | None = None
    fault: Rule | None = None

    @property
    def person_caller(self) -> Caller:
        """The caller of a route that people's tokens are for."""
        if not isinstance(self.caller, Caller):
            raise TypeError(f"{self.served.name} is not called with people's tokens")
        return self.caller

    @property
    def payload(self) -> Piece:
        """The payload of an upload-style call."""
        if self.piece is None:
            raise TypeError(f"{self.served.name} takes no payload")
        return self.piece


@dataclass(frozen=True)
class Served:
    """A route that the sandbox serves: its name in the URL, the SDK's description of it, its handler, its scope.

    `entry_error` is the SDK's type of what one entry of a batch may fail with.
    A handler returns the SDK object of the result, or a whole Answer for downloads. It raises Refusal (409),
    BadCall (400) or Busy (429).
    """

    name: str
    route: Any
    handler: Callable[[Call], Awaitable[Any]]
    scope: str | None
    entry_error: Any = None

    @property
    def style(self) -> str:
        return str(self.route.attrs["style"] or "rpc")

    @property
    def auth(self) -> str:
        """Whose credentials a call needs: `user`, `app`, `noauth`, or with `app, user` either."""
        return str(self.route.attrs["auth"])
