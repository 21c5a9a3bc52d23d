"""GET /me: whose token this is."""

from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response

from handlers.api.answers import answer
from handlers.api.models import Answer
from handlers.state import State


class Me(Answer):
    """The account that a personal token acts as."""

    account_id: str = Field(examples=["dbid:AAH4f99T0taONIb-OurWxbNQ6ywGRopQngc"])
    email: str = Field(examples=["studio@example.com"])
    display_name: str = Field(examples=["Studio"])
    site_owner: bool


async def show(request: Request[State]) -> Response:
    """GET /me"""
    bearer = request.state["bearer"]
    return answer(
        Me(
            account_id=bearer.asker.account_id,
            email=bearer.email,
            display_name=bearer.display_name,
            site_owner=bearer.site_owner,
        )
    )
