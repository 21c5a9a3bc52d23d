"""What is stored about the person who asks: to read on a page, and to take along as a file."""

import json
import re

from starlette.requests import Request
from starlette.responses import Response

from handlers.pages import iso, render
from handlers.state import State
from store import account_data
from store.account_data import Kind

SHOWN_OF_A_KIND = 20
FILE = "what-is-stored.json"
_MOMENT = re.compile(r"(^|_)(at|since|until)$")


async def page(request: Request[State]) -> Response:
    """GET /account/data"""
    kinds = await request.state["database"].read(
        account_data.of_account, request.state["person"].account_id, most=SHOWN_OF_A_KIND + 1
    )
    return render(request, "account/data.html", kinds=kinds, most=SHOWN_OF_A_KIND, is_moment=is_moment)


async def download(request: Request[State]) -> Response:
    """GET /account/data.json: the same as a file, at most 1,000 records of each kind."""
    kinds = await request.state["database"].read(account_data.of_account, request.state["person"].account_id)
    return Response(
        json.dumps({kind.key: _plain(kind) for kind in kinds}, ensure_ascii=False, indent=2) + "\n",
        media_type="application/json",
        headers={"content-disposition": f'attachment; filename="{FILE}"'},
    )


def is_moment(name: str) -> bool:
    """Whether a value of that name is a time."""
    return _MOMENT.search(name) is not None


def _plain(kind: Kind) -> list[dict[str, object]]:
    return [
        {name: iso(value) if is_moment(name) and value is not None else value for name, value in record.items()}
        for record in kind.records
    ]
