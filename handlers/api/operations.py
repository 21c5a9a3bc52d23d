"""The API's URL map: each route is declared here once, and served, documented and tested from that.

Everything is below /api/v1, behind handlers/api/bearer.py.
"""

from handlers.api import me, results
from handlers.api.operation import Operation, api
from handlers.api.pushed_fields import PUSH_CONTENT, PUSH_CURL

API: list[Operation] = [
    api("GET", "/me", me.show, summary="Whose token this is.", answers=me.Me),
    # workspaces
    # projects and experiences
    # connection
    # export settings
    # results
    api(
        "POST",
        "/experiences/{experience_id}/results",
        results.push,
        summary="Push the result of a job: its files, whatever they are called, and what they belong to.",
        answers={201: results.Result, 200: results.Result},
        content=PUSH_CONTENT,
        curl=PUSH_CURL,
        refusals=(403, 409, 507),
        project_tokens=True,
    ),
    api(
        "GET",
        "/results/{result_id}",
        results.show,
        summary="One result with its artifacts and exports.",
        answers=results.Result,
        project_tokens=True,
    ),
    # exports
]
