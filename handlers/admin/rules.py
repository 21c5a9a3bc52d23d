"""Admin → Rules: addresses and domains that are never listened to, domains that are approved by themselves."""

from starlette.requests import Request
from starlette.responses import Response

from handlers.admin.deciding import decider_of, owner_of
from handlers.clock import now_ms
from handlers.forms import Form, read_form
from handlers.pages import render, see_other
from handlers.state import State
from rules.addresses import domain_of
from rules.approval import MAX_EMAIL, Move
from settings import Settings
from store import access_rules, decisions
from store.access_rules import AccessRule, Effect
from store.connect import Db
from store.decisions import Decider, Terms
from store.errors import Conflict, Invalid
from store.mails import Letterbox

SLICE = 50
PATIENCE_MS = 1500
CHOOSE = "Choose what the rule does."
WRITE = "Write an address or a domain."
BLOCKED = Terms(note="Blocked by a rule", tells=False)


async def index(request: Request[State]) -> Response:
    """GET /admin/rules: about, an address to begin a block with."""
    about = request.query_params.get("about", "").strip()[:MAX_EMAIL]
    return await _page(request, Form({"effect": Effect.BLOCK, "about": about}) if about else None)


async def add(request: Request[State]) -> Response:
    """POST /admin/rules: effect, about. A block denies what waits under it, without a mail to anybody."""
    form = await read_form(request)
    effect = form.choice("effect", list(Effect), sentence=CHOOSE)
    about = form.text("about", required=WRITE, most=MAX_EMAIL)
    if form.errors:
        return await _page(request, form, status=422)
    try:
        rule = await request.state["database"].write(
            access_rules.add,
            effect=Effect(effect),
            about=about,
            by=request.state["person"].account_id,
            ip=request.state["client_ip"],
            now=now_ms(),
        )
    except Invalid as wrong:
        form.refuse(wrong.errors)
        return await _page(request, form, status=422)
    except Conflict as conflict:
        form.refuse({"about": conflict.message})
        return await _page(request, form, status=409)
    denied = await _deny_pending(request, rule) if rule.effect is Effect.BLOCK else 0
    return see_other(request, "/admin/rules", _told(rule, denied))


async def remove(request: Request[State]) -> Response:
    """POST /admin/rules/{id}/remove: what it did stays done."""
    rule = await request.state["database"].write(
        access_rules.remove,
        request.path_params["id"],
        by=request.state["person"].account_id,
        ip=request.state["client_ip"],
        now=now_ms(),
    )
    return see_other(request, "/admin/rules", f"The rule about {rule.pattern} is removed.")


async def _page(request: Request[State], form: Form | None, *, status: int = 200) -> Response:
    about = form.values.get("about", "") if form else ""
    rules, waiting = await request.state["database"].read(_read, about)
    return render(
        request,
        "admin/rules.html",
        status=status,
        rules=rules,
        form=form,
        about=about,
        domain=domain_of(about) if "@" in about else "",
        waiting=waiting,
    )


def _read(db: Db, about: str) -> tuple[list[AccessRule], int]:
    try:
        waiting = len(access_rules.pending_under(db, about, most=access_rules.MOST_COUNTED)) if about else 0
    except Invalid:
        waiting = 0
    return access_rules.listed(db), waiting


async def _deny_pending(request: Request[State], rule: AccessRule) -> int:
    """Deny what waits under a fresh block, slice by slice, for as long as somebody may be kept waiting."""
    began, done = now_ms(), 0
    while now_ms() - began < PATIENCE_MS:
        count = await request.state["database"].write(
            _deny_slice, request.state["settings"], rule.pattern, decider=decider_of(request), now=now_ms()
        )
        done += count
        if count < SLICE:
            break
    return done


def _deny_slice(db: Db, settings: Settings, about: str, *, decider: Decider, now: int) -> int:
    ids = access_rules.pending_under(db, about, most=SLICE)
    for request_id in ids:
        decisions.decide(
            db,
            request_id,
            Move.DENY,
            decider=decider,
            letterbox=Letterbox.of(settings),
            owner=owner_of(db, settings),
            now=now,
            terms=BLOCKED,
        )
    return len(ids)


def _told(rule: AccessRule, denied: int) -> str:
    if rule.effect is Effect.APPROVE:
        return f"Requests from {rule.pattern} are approved as they come in."
    waited = {0: "", 1: " One request that waited is denied, without a mail."}
    return (
        f"{rule.pattern} is blocked.{waited.get(denied, f' {denied} requests that waited are denied, without mails.')}"
    )
