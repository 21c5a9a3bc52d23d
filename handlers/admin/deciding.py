"""What every decision on an Admin page brings along: who decides, from where, and what the store needs for it."""

from starlette.requests import Request

from handlers.forms import Form
from handlers.state import State
from rules.calendar import end_of_day
from settings import Settings
from store import installation
from store.connect import Db
from store.decisions import MOST_NOTE, Decider, Terms


def decider_of(request: Request[State]) -> Decider:
    """The signed-in site owner, on a page."""
    return Decider(by=request.state["person"].account_id, way="page", ip=request.state["client_ip"])


def owner_of(db: Db, settings: Settings) -> str | None:
    """The site owner's account id."""
    return installation.owner_id(db, settings.owner_dropbox_account_id)


def terms_of(form: Form) -> Terms:
    """The notes and the end that were typed with a decision: `note`, `note_to_person`, `until`."""
    return Terms(
        note=form.text("note", most=MOST_NOTE),
        note_to_person=form.text("note_to_person", most=MOST_NOTE),
        until=until_of(form),
    )


def until_of(form: Form) -> int | None:
    """The end of the day in `until`; None where it is empty."""
    text = form.values.get("until", "").strip()
    if not text:
        return None
    try:
        return end_of_day(text)
    except ValueError as wrong:
        form.refuse({"until": str(wrong)})
        return None
