"""create_app(settings): puts the rooms together for the web.

Lifespan, routes, middleware and error pages; nothing else.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from itsdangerous import URLSafeTimedSerializer
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.routing import Mount, Route, Router

from clients.dropbox_oauth import DropboxOAuth
from clients.stop_gate import StopGate
from handlers import pages, routes
from handlers.address_limit import AddressLimit
from handlers.api.bearer import BearerToken
from handlers.api.operation import routes_of
from handlers.api.operations import API
from handlers.errors import EXCEPTION_HANDLERS, LastResort
from handlers.guards import SignedIn, SiteOwner
from handlers.headers import SecurityHeaders
from handlers.limits import Limits
from handlers.origin import BrowserCheck, PublicAddress
from handlers.request_log import RequestLog
from handlers.state import State
from handlers.static import Static
from scheduler.engine import Engine
from settings import Settings
from store import artifacts, migrations
from store.connect import DATABASE_FILE, open_connection
from store.database import Database
from store.media import Media


def create_app(settings: Settings) -> Starlette:
    """The app for settings whose BASE_URL and keys are known; the caller owns the data folder."""
    static = Static()
    templates = pages.environment(settings, static)
    signer = URLSafeTimedSerializer(settings.signing_key, salt="clementine")

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[State]:
        path = settings.data_dir / DATABASE_FILE
        writer = open_connection(path, checkpoints=True)
        migrations.migrate(writer)
        writer.conn.close()
        bell = asyncio.Event()
        database = Database(path, on_commit=bell.set)
        media = Media(settings.data_dir)
        left = media.unsettled()
        media.settle(left, wanted=await database.read(artifacts.stored_keys, left))
        oauth, gate = DropboxOAuth(settings), StopGate()
        engine = Engine(settings, database, media, oauth, gate, bell)
        await engine.start()
        app.state.ring_stop = engine.ring_stop
        yield State(
            settings=settings,
            database=database,
            media=media,
            oauth=oauth,
            gate=gate,
            engine_alive=engine.alive,
            limits=Limits(enabled=settings.limits == "on"),
            templates=templates,
            static=static,
            signer=signer,
        )
        await engine.stop()
        await database.close()
        media.close()

    app = Starlette(
        lifespan=lifespan,
        routes=[
            Route("/static/{path:path}", static.serve),
            *routes.PUBLIC,
            *routes.API_DOCS,
            Mount(
                "/api",
                app=Router(routes_of(API), redirect_slashes=False),
                middleware=[Middleware(BearerToken)],
            ),
            Mount("/admin", routes=routes.OWNER, middleware=[Middleware(SignedIn), Middleware(SiteOwner)]),
            Mount("", routes=routes.SIGNED_IN, middleware=[Middleware(SignedIn)]),
        ],
        middleware=[
            Middleware(RequestLog, trusted_proxies=settings.trusted_proxies),
            Middleware(SecurityHeaders, https=settings.origin.startswith("https://")),
            Middleware(LastResort),
            Middleware(AddressLimit),
            Middleware(PublicAddress, base_url=settings.origin),
            Middleware(BrowserCheck, base_url=settings.origin),
            Middleware(GZipMiddleware, minimum_size=1024, compresslevel=5),
        ],
        exception_handlers=EXCEPTION_HANDLERS,
    )
    # A signal that comes before everything stands has nothing to stop.
    app.state.ring_stop = lambda: None
    return app
