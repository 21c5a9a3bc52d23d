"""Two checks before any route: the public address (BASE_URL), and that unsafe requests come from our own pages."""

from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse
from starlette.types import ASGIApp, Receive, Scope, Send

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
# Asked by machines under whatever name they know us; they answer the same everywhere.
ANY_HOST = ("/healthz", "/readyz", "/metrics", "/api/")
# The API is used with a bearer token and never reads cookies, so a foreign page has nothing to ride on.
COOKIELESS = "/api/"
# Nor do webhooks, which are signed.
NO_COOKIES = (COOKIELESS, "/webhooks/")


def is_api(path: str) -> bool:
    """True for the part of the site that never reads cookies."""
    return path.startswith(COOKIELESS)


class PublicAddress:
    """A page asked for under another host is sent to BASE_URL; anything unsafe under another host is refused."""

    def __init__(self, app: ASGIApp, *, base_url: str) -> None:
        self.app = app
        self.base_url = base_url
        self.host = urlsplit(base_url).netloc.lower()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"].startswith(ANY_HOST):
            return await self.app(scope, receive, send)
        if Headers(scope=scope).get("host", "").lower() == self.host:
            return await self.app(scope, receive, send)
        if scope["method"] not in ("GET", "HEAD"):
            raise HTTPException(400, f"This site answers at {self.base_url} only.")
        raw_path = scope.get("raw_path") or scope["path"].encode()
        path = "/" + raw_path.decode("latin-1").lstrip("/")
        query = scope["query_string"].decode("latin-1")
        response = RedirectResponse(f"{self.base_url}{path}{'?' + query if query else ''}", status_code=307)
        return await response(scope, receive, send)


class BrowserCheck:
    """Refuses an unsafe request unless the browser says that our own origin sent it (CONTRACT.md §3).

    No token in forms: browsers of the supported ages all send Sec-Fetch-Site, and the rest send Origin.
    `same-site` is refused too, because another port of the same host carries our cookies.
    """

    def __init__(self, app: ASGIApp, *, base_url: str) -> None:
        self.app = app
        self.base_url = base_url

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["method"] not in SAFE_METHODS and not scope["path"].startswith(NO_COOKIES):
            self._check(Headers(scope=scope))
        await self.app(scope, receive, send)

    def _check(self, headers: Headers) -> None:
        fetch_site = headers.get("sec-fetch-site")
        allowed = fetch_site == "same-origin" if fetch_site is not None else headers.get("origin") == self.base_url
        if not allowed:
            raise HTTPException(
                403,
                "This form was not sent from a page of this site, so nothing was done. Open the page and try again.",
            )
