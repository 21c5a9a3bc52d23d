"""What handlers reach through `request.state`: the few long-lived objects that app.py made, and who is asking."""

from collections.abc import Callable
from typing import NotRequired, TypedDict

from itsdangerous import URLSafeTimedSerializer
from jinja2 import Environment

from clients.dropbox_oauth import DropboxOAuth
from clients.stop_gate import StopGate
from handlers.limits import Limits
from handlers.static import Static
from settings import Settings
from store.api_tokens import Bearer
from store.database import Database
from store.devices import Person
from store.media import Media
from store.standing import Asker


class State(TypedDict):
    """Shared by all requests, but for those not required, which belong to one."""

    settings: Settings
    database: Database
    media: Media
    oauth: DropboxOAuth
    gate: StopGate
    engine_alive: Callable[[], bool]
    limits: Limits
    templates: Environment
    static: Static
    signer: URLSafeTimedSerializer
    person: NotRequired[Person]
    bearer: NotRequired[Bearer]
    asker: NotRequired[Asker]
    request_id: NotRequired[str]
    client_ip: NotRequired[str]
