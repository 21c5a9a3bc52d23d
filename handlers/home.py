"""The first page: what the site is for strangers; for people who are signed in, the way to their first file."""

from starlette.requests import Request
from starlette.responses import Response

from handlers.forms import Form
from handlers.guards import who_is_it
from handlers.pages import render
from handlers.state import State
from store import first_steps

STEPS = 4


async def home(request: Request[State]) -> Response:
    """GET /"""
    person = await who_is_it(request)
    if person is None:
        return render(request, "home/landing.html", form=Form())
    request.state["person"] = person
    steps = await request.state["database"].read(first_steps.of_account, person.account_id)
    return render(
        request,
        "home/home.html",
        signs_in=True,
        steps=steps,
        all_done=steps is not None and steps.done == STEPS,
        folder=request.state["settings"].dropbox_app_folder,
    )
