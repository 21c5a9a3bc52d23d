"""Who is asking, and what they are to the thing they ask for. Strangers get 404, people without the right 403."""

from collections.abc import Callable

from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from handlers.clock import now_ms
from handlers.errors import SignInAgain, SignInFirst
from handlers.state import State
from rules.permissions import Standing
from rules.tokens import token_digest
from store import devices
from store.devices import Person
from store.errors import NotFound, NotPermitted

DEVICE_COOKIE = "__Host-device"
SEEN_EVERY_MS = 60_000


async def who_is_it(request: Request[State]) -> Person | None:
    """The signed-in, still approved person of this browser, or None. Asked of the database at every request."""
    secret = request.cookies.get(DEVICE_COOKIE, "")
    if not secret or len(secret) > 200:
        return None
    now = now_ms()
    person = await request.state["database"].read(
        devices.person_of, token_digest(secret), now=now, owner_id=request.state["settings"].owner_dropbox_account_id
    )
    if person is not None and now - person.last_seen_at > SEEN_EVERY_MS:
        await request.state["database"].write(devices.seen, person.device_id, now=now)
    return person


class SignedIn:
    """Closed by default: everything mounted behind this needs an approved person, and finds them in the state."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request: Request[State] = Request(scope, receive)
        person = await who_is_it(request)
        if person is None:
            raise SignInFirst(address_of(scope) if request.method in ("GET", "HEAD") else None)
        request.state["person"] = person
        await self.app(scope, receive, send)


class SiteOwner:
    """Admin is for the site owner; for everybody else it does not exist."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request: Request[State] = Request(scope, receive)
        if not request.state["person"].site_owner:
            raise NotFound
        await self.app(scope, receive, send)


def address_of(scope: Scope) -> str:
    """Path and query as they were asked for. Not by way of a URL, which would be made from the Host header too."""
    path = (scope.get("raw_path") or scope["path"].encode()).decode("latin-1")
    query = scope["query_string"].decode("latin-1")
    return f"{path}?{query}" if query else path


def permit(predicate: Callable[[Standing], bool], standing: Standing, sentence: str) -> None:
    """The second of a handler's five moves: raises the 403 with `sentence` unless the predicate holds."""
    if not predicate(standing):
        raise NotPermitted(sentence)


def recently(request: Request[State], next_path: str) -> None:
    """For acts that a forgotten browser must not do (SE-08): sends who signed in too long ago to sign in once more.

    `next_path` is the page of the act, to which that leads back.
    """
    if not devices.is_recent(request.state["person"], now=now_ms()):
        raise SignInAgain(next_path)
