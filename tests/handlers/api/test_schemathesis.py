"""What the document promises, the app keeps: generated requests find no 5xx and no answer that is not documented."""

from collections.abc import Callable
from typing import Any

import hypothesis
import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, given
from hypothesis import strategies as st
from schemathesis import Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from handlers.api.openapi import document
from handlers.api.operation import Operation
from handlers.api.operations import API
from store.connect import rows
from tests.handlers.api.pushing import connect, push
from tests.handlers.stage import ORIGIN, Stage

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
SCHEMA = schemathesis.openapi.from_dict(document(API, origin=ORIGIN, title="Clementine", version="1"))
EXAMPLES = 8


def sent(stage: Stage, case: Case[Any], headers: dict[str, str]) -> Any:
    """The case as schemathesis would send it, through the app's own client."""
    prepared = requests.Request(**case.as_transport_kwargs(base_url=f"{ORIGIN}/api/v1", headers=headers)).prepare()
    return stage.client.request(
        str(prepared.method), str(prepared.url), content=prepared.body, headers=dict(prepared.headers)
    )


@pytest.fixture(scope="module")
def known_ids(stage: Stage) -> Callable[[], dict[str, str]]:
    """Ids of a world with everything in it, made anew whenever a generated request has deleted it."""
    made: dict[str, str] = {}

    def ids() -> dict[str, str]:
        alive = made and rows(
            stage.db,
            """
            select 1 as one from experiences e
                join projects p on p.id = e.project_id and p.deleted_at is null
                join connections c on c.workspace_id = p.workspace_id and c.status = 'needs_reauth'
            where e.id = :id and e.deleted_at is null
            """,
            id=made["experience_id"],
        )
        if not alive:
            scene = stage.scene()
            connect(stage, scene, status="needs_reauth")
            result = push(stage, scene, who="owner").json()
            made.update(
                workspace_id=scene.workspace.id,
                project_id=scene.project.id,
                experience_id=scene.experience.id,
                result_id=result["id"],
                export_id=result["exports"][0]["id"],
            )
        return made

    return ids


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE], ids=["as asked", "otherwise"])
@pytest.mark.parametrize("operation", API, ids=lambda each: each.name)
def test_generated_requests_get_documented_answers(
    stage: Stage, known_ids: Callable[[], dict[str, str]], operation: Operation, mode: GenerationMode
):
    target = SCHEMA[operation.path][operation.method]

    @hypothesis.settings(
        max_examples=EXAMPLES, deadline=None, database=None, suppress_health_check=list(HealthCheck), derandomize=True
    )
    @given(case=target.as_strategy(generation_mode=mode), known=st.sampled_from([True, True, False]))
    def run(case: Case[Any], known: bool) -> None:
        if known and case.path_parameters:
            ids = known_ids()
            case.path_parameters = {name: ids[name] for name in case.path_parameters}
        headers = stage.bearer("owner")
        case.validate_response(sent(stage, case, headers), checks=CHECKS, headers=headers)

    try:
        run()
    except hypothesis.errors.Unsatisfiable:
        # Nothing can be asked wrongly of a route without parameters and body.
        assert mode is GenerationMode.NEGATIVE
        assert not (operation.parameters or operation.body or operation.content or operation.paged or operation.choices)


def test_real_results_are_answered_as_documented(stage: Stage):
    scene = stage.scene()
    connect(stage, scene, status="needs_reauth")
    pushed = SCHEMA["/experiences/{experience_id}/results"]["POST"]
    made = push(stage, scene, job_id="job-1")
    pushed.validate_response(made)
    pushed.validate_response(push(stage, scene, job_id="job-1"))
    shown = stage.client.get(f"/api/v1/results/{made.json()['id']}", headers=stage.bearer("owner"))
    SCHEMA["/results/{result_id}"]["GET"].validate_response(shown)
