"""The token endpoint: forms in, JSON out, recorded and under the faults in force. Its rules are in tokens."""

from starlette.requests import ClientDisconnect, Request
from starlette.types import Receive, Scope, Send

from sandbox import tokens
from sandbox.database import Database
from sandbox.delivering import answer_recorded
from sandbox.faults import Rule
from sandbox.grants import grant_by_refresh_token
from sandbox.misbehaving import auth_answer
from sandbox.people import Person, find_person
from sandbox.wire import Answer, BadCall, json_answer, rpc_body
from sandbox.world import World


def account_of(db: Database, form: dict[str, str]) -> Person | None:
    """Whose grant or code a token request is about, as far as that is known before it is answered."""
    grant = grant_by_refresh_token(db, form.get("refresh_token", ""))
    if grant is not None:
        return find_person(db, grant.account_id)
    account_id = db.value("SELECT account_id FROM codes WHERE code = :code", code=form.get("code", ""))
    return None if account_id is None else find_person(db, account_id)


class TokenEndpoint:
    """POST /oauth2/token as an ASGI application, so that faults can cut its connections too."""

    def __init__(self, world: World) -> None:
        self._world = world

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request, world = Request(scope, receive), self._world
        entry = world.history.begin("oauth2/token", request.method)
        form: dict[str, str] = {}
        refused: Answer | None = None
        try:
            form = await self._form(request)
        except (tokens.OAuthError, BadCall) as problem:
            refused = _refusal(problem)
        except ClientDisconnect:
            world.history.end(entry, 0)
            return
        person = account_of(world.db, form)
        entry.app = form.get("client_id")
        entry.arg = {"grant_type": form.get("grant_type")}
        if person is not None:
            entry.email, entry.account_id = person.email, person.account_id
        grant = grant_by_refresh_token(world.db, form.get("refresh_token", ""))
        entry.grant = None if grant is None else grant.id
        world.watch.begins(entry, argument=form, query=request.url.query, token=form.get("refresh_token"))

        async def work() -> Answer:
            answer = refused or self._answer(request, form)
            if answer.status == 200 and form.get("grant_type") == "refresh_token":
                world.watch.gave_token(entry, world.clock.now() + world.behaviour.access_token_seconds * 1000)
            return answer

        await answer_recorded(world, request, entry, work, wrong_here, send)

    async def _form(self, request: Request) -> dict[str, str]:
        body = await rpc_body(request)
        if request.method != "POST":
            raise tokens.OAuthError("invalid_request", "only POST is allowed here")
        return tokens.read_form(request.headers.get("content-type", ""), body, request.url.query)

    def _answer(self, request: Request, form: dict[str, str]) -> Answer:
        try:
            app, proven = tokens.read_client(self._world, form, request.headers.get("authorization"))
            return json_answer(
                200, tokens.answer(self._world, form, app, proven=proven), headers={"Cache-Control": "no-store"}
            )
        except tokens.OAuthError as problem:
            return _refusal(problem)


def wrong_here(rule: Rule) -> Answer:
    """A fault of the API's own language, where that is not spoken."""
    return auth_answer(rule.details.get("error", "other"))


def _refusal(problem: Exception) -> Answer:
    body = problem.body() if isinstance(problem, tokens.OAuthError) else {"error": "invalid_request"}
    return json_answer(400, body, f"{body['error']}: {problem}")
