"""The authorize page, where a person allows or denies an app. What may be asked there is in authorize."""

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from sandbox import authorize, misbehaving
from sandbox.authorize import Ask, ErrorRedirect, UserLimitReached, WrongRequest
from sandbox.grants import approved_scopes
from sandbox.history import Entry
from sandbox.misbehaving import Dropped
from sandbox.people import Person, all_people, find_person
from sandbox.rendering import error_page, page, refuse_foreign
from sandbox.scopes import WORDS
from sandbox.token_endpoint import wrong_here
from sandbox.visitors import sign_in, signed_in
from sandbox.world import World


def _redirect(location: str, person: Person | None = None) -> Response:
    response = RedirectResponse(location, 302, {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"})
    if person is not None:
        sign_in(response, person)
    return response


async def authorize_page(request: Request) -> Response:
    """GET and POST /oauth2/authorize, recorded in the history."""
    world: World = request.app.state.world
    entry = world.history.begin("oauth2/authorize", request.method)
    entry.app = request.query_params.get("client_id")
    world.watch.begins(entry, query=request.url.query)
    status = 500
    try:
        response = await _struck(request, world, entry) or await _authorize(request, world)
        status = response.status_code
    except UserLimitReached as full:
        entry.error, status = str(full), 403
        response = error_page(request, 403, "This app can't be linked to more people", str(full))
    except WrongRequest as wrong:
        entry.error, status = str(wrong), 400
        response = error_page(request, 400, "This app's request can't be used", str(wrong))
    except ErrorRedirect as refused:
        entry.error, status = "error redirect", 302
        response = _redirect(refused.location)
    except Dropped:
        # Nobody is there to read it.
        entry.error, status, response = "no answer", 0, Response(status_code=503)
    finally:
        world.history.end(entry, status)
    return response


async def _struck(request: Request, world: World, entry: Entry) -> Response | None:
    """What a fault makes of the authorize page, or None."""
    person = signed_in(request)
    if person is not None:
        entry.email, entry.account_id = person.email, person.account_id
    rule = world.faults.choose_for(entry)
    if rule is None or rule.kind in misbehaving.TELLING:
        return None
    answer = await misbehaving.strike(world, request, rule, wrong_here)
    entry.note_answer(answer)
    return Response(answer.body, answer.status, {**answer.headers, "Content-Type": answer.content_type})


async def _authorize(request: Request, world: World) -> Response:
    ask = authorize.read(world.db, request.url.query)
    person = signed_in(request)
    if request.method == "POST":
        return refuse_foreign(request) or await _decided(request, world, ask)
    if person is not None and not authorize.needs_page(world.db, ask, person):
        return _allowed(request, world, ask, person)
    chosen = None if ask.force_reauthentication else person
    return _form(request, world, ask, chosen)


def _form(request: Request, world: World, ask: Ask, chosen: Person | None, problem: str | None = None) -> Response:
    known = approved_scopes(world.db, chosen.account_id, ask.app) if chosen else set()
    return page(
        request,
        "authorize.html",
        422 if problem else 200,
        ask=ask,
        people=all_people(world.db),
        chosen=chosen,
        known=bool(known),
        wanted=[(scope, WORDS.get(scope, scope)) for scope in ask.scopes],
        problem=problem,
    )


async def _decided(request: Request, world: World, ask: Ask) -> Response:
    async with request.form(max_fields=10, max_files=0) as form:
        decision, name = form.get("decision"), form.get("person")
    if decision == "deny":
        if ask.redirect_uri is None:
            return error_page(request, 200, "Not allowed", f"{ask.app.name} got no access. You may close this page.")
        return _redirect(authorize.deny(ask))
    person = find_person(world.db, name) if isinstance(name, str) else None
    if decision != "allow" or person is None:
        return _form(request, world, ask, None, "Choose who you are, then Allow or Deny.")
    return _allowed(request, world, ask, person)


def _allowed(request: Request, world: World, ask: Ask, person: Person) -> Response:
    code = authorize.allow(world.db, ask, person, world.behaviour, world.clock.now())
    if ask.redirect_uri is None:
        return page(request, "code.html", ask=ask, code=code)
    return _redirect(ask.location(code=code), person)
