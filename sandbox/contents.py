"""Bytes for browsers: the preview and download of a page, and temporary links, which need no sign-in."""

from urllib.parse import quote

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from sandbox.blobs import EMPTY_HASH
from sandbox.browsing import person_of
from sandbox.delivering import answer_recorded
from sandbox.links import find_link, media_type
from sandbox.misbehaving import auth_answer
from sandbox.serving import Sent, file_answer
from sandbox.tree import find_live, revisions
from sandbox.wire import Answer, text_answer
from sandbox.world import World

# What a browser may show in place; everything else is downloaded, for it could be a page with scripts.
SHOWN = ("image/jpeg", "image/png", "image/webp", "image/gif", "video/mp4", "video/quicktime")
HARMLESS = {
    "Content-Security-Policy": "sandbox; default-src 'none'",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
    "Cross-Origin-Resource-Policy": "same-site",
}


def _answer(request: Request, content_hash: str, size: int, name: str, *, download: bool) -> Answer:
    world: World = request.app.state.world
    kind = media_type(name)
    place = "inline" if kind in SHOWN and not download else "attachment"
    headers = {**HARMLESS, "Content-Disposition": f"{place}; filename*=UTF-8''{quote(name, safe='')}"}
    shown = kind if kind in SHOWN else "application/octet-stream"
    return file_answer(world.blobs, content_hash, size, request, shown, headers)


async def content(request: Request) -> Sent:
    """GET /people/{person}/content/{path}?rev=&download=: the bytes of a file or of one of its revisions."""
    world: World = request.app.state.world
    node = find_live(world.db, person_of(request).account_id, "/" + request.path_params["path"])
    if node is None or node.kind != "file":
        raise HTTPException(404)
    content_hash, size = node.content_hash or EMPTY_HASH, node.size or 0
    if rev := request.query_params.get("rev"):
        revision = next((row for row in revisions(world.db, node) if row["rev"] == rev), None)
        if revision is None:
            raise HTTPException(404)
        content_hash, size = revision["content_hash"], revision["size"]
    return Sent(_answer(request, content_hash, size, node.name, download="download" in request.query_params))


class TemporaryLink:
    """GET /dl/{token}/{name}: the file behind a temporary link; 410 when its four hours are over."""

    def __init__(self, world: World) -> None:
        self._world = world

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request, world = Request(scope, receive), self._world
        entry = world.history.begin("dl", request.method)
        link = find_link(world.db, request.path_params["token"])
        if link is not None:
            entry.account_id, entry.path = link.account_id, link.name

        async def work() -> Answer:
            if link is None:
                return text_answer(404, "There is no such link.")
            if link.expires <= world.clock.now():
                return text_answer(410, "This temporary link has expired.")
            return _answer(request, link.content_hash, link.size, link.name, download=False)

        await answer_recorded(world, request, entry, work, lambda rule: auth_answer("other"), send)


ROUTES = [
    Route("/people/{person}/content/{path:path}", content),
]
