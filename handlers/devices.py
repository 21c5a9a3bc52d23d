"""The account page: who is signed in, and on which devices."""

from starlette.requests import Request
from starlette.responses import Response

from handlers.clock import now_ms
from handlers.guards import DEVICE_COOKIE
from handlers.pages import forget_cookie, render, see_other
from handlers.state import State
from rules.user_agents import plain_words
from store import audit, devices
from store.connect import Db


async def page(request: Request[State]) -> Response:
    """GET /account"""
    person = request.state["person"]
    mine = await request.state["database"].read(devices.of_account, person.account_id, now=now_ms())
    shown = [(device, plain_words(device.user_agent), device.id == person.device_id) for device in mine]
    return render(request, "devices/account.html", devices=sorted(shown, key=lambda each: not each[2]))


async def sign_out(request: Request[State]) -> Response:
    """POST /account/devices/{id}/sign-out"""
    person = request.state["person"]
    device_id = request.path_params["id"]
    await request.state["database"].write(
        _end, person.account_id, device_id, ip=request.state["client_ip"], now=now_ms()
    )
    if device_id == person.device_id:
        response = see_other(request, "/", "You are signed out.")
        forget_cookie(response, DEVICE_COOKIE)
        return response
    return see_other(request, "/account", "That device is signed out.")


async def sign_out_others(request: Request[State]) -> Response:
    """POST /account/devices/sign-out-others"""
    person = request.state["person"]
    ended = await request.state["database"].write(
        _end_others, person.account_id, person.device_id, ip=request.state["client_ip"], now=now_ms()
    )
    sentence = {0: "No other device was signed in.", 1: "One other device is signed out."}
    return see_other(request, "/account", sentence.get(ended, f"{ended} other devices are signed out."))


def _end(db: Db, account_id: str, device_id: str, *, ip: str, now: int) -> None:
    devices.end(db, account_id=account_id, device_id=device_id)
    audit.record(db, at=now, actor=account_id, way="page", action="device.signed_out", subject=device_id, ip=ip)


def _end_others(db: Db, account_id: str, keep: str, *, ip: str, now: int) -> int:
    ended = devices.end_others(db, account_id=account_id, keep=keep)
    audit.record(
        db,
        at=now,
        actor=account_id,
        way="page",
        action="device.others_signed_out",
        subject=account_id,
        detail=str(ended),
        ip=ip,
    )
    return ended
