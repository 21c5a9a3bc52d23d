"""Who is signed in to the sandbox's Dropbox in a browser: one cookie, with a name that no app on another port has."""

from starlette.requests import Request
from starlette.responses import Response

from sandbox.people import Person, find_person

COOKIE = "sandbox_dropbox_person"
YEAR = 365 * 24 * 3600


def signed_in(request: Request) -> Person | None:
    """Who is signed in in this browser."""
    name = request.cookies.get(COOKIE)
    return None if name is None else find_person(request.app.state.world.db, name)


def sign_in(response: Response, person: Person) -> None:
    """Let an answer sign somebody in."""
    response.set_cookie(COOKIE, person.account_id, max_age=YEAR, httponly=True, samesite="lax")


def sign_out(response: Response) -> None:
    """Let an answer sign out whoever is signed in."""
    response.delete_cookie(COOKIE, httponly=True, samesite="lax")
