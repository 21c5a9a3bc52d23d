"""The words that rows carry: complete, and documented where they are declared."""

import ast
from enum import StrEnum
from pathlib import Path

import pytest

from rules import states
from rules.states import (
    FINISHED_EXPORTS,
    LINKED_CONNECTIONS,
    OPEN_EXPORTS,
    RETRYABLE_EXPORTS,
    ArtifactState,
    AttemptStatus,
    ConnectionStatus,
    EarlierState,
    ExportState,
    FetchState,
    FindingKind,
    FolderStructure,
    InvitationState,
    OutboxKind,
    ProjectRole,
    RequestState,
    VerificationState,
    WorkspaceRole,
)

SPELLING: dict[type[StrEnum], str] = {
    RequestState: "pending approved denied revoked",
    WorkspaceRole: "owner admin member",
    ProjectRole: "editor viewer",
    InvitationState: "open accepted withdrawn",
    ConnectionStatus: "connected needs_reauth disconnected",
    ExportState: "waiting uploading exported failed skipped",
    AttemptStatus: "success failed skipped",
    FolderStructure: "by_experience by_date flat",
    ArtifactState: "ready fetching failed",
    EarlierState: "sending sent stopped",
    VerificationState: "waiting running done failed",
    FindingKind: "missing changed",
    FetchState: "waiting fetching done failed",
    OutboxKind: "mail revoke_grant",
}


@pytest.mark.parametrize("kind", SPELLING, ids=lambda kind: kind.__name__)
def test_states_are_spelled_as_the_contract_has_them(kind: type[StrEnum]):
    assert [member.value for member in kind] == SPELLING[kind].split()


def test_every_state_says_in_a_sentence_how_a_thing_gets_in_and_out():
    tree = ast.parse(Path(states.__file__).read_text(encoding="utf-8"))
    declared = [node for node in tree.body if isinstance(node, ast.ClassDef)]
    assert {node.name for node in declared} == {kind.__name__ for kind in SPELLING}
    for node in declared:
        assert ast.get_docstring(node), node.name
        body = node.body[1:]
        for position, statement in enumerate(body):
            if isinstance(statement, ast.Assign):
                after = body[position + 1]
                assert isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant), ast.unparse(statement)


def test_every_export_is_either_open_or_finished():
    assert set(ExportState) == OPEN_EXPORTS | FINISHED_EXPORTS
    assert not OPEN_EXPORTS & FINISHED_EXPORTS
    assert [state for state in ExportState if state.finished] == ["exported", "failed", "skipped"]


def test_only_an_uploading_export_cannot_be_retried_by_a_person():
    assert set(ExportState) - RETRYABLE_EXPORTS == {ExportState.UPLOADING}


def test_a_lost_connection_still_takes_exports_and_a_disconnected_one_does_not():
    assert {ConnectionStatus.CONNECTED, ConnectionStatus.NEEDS_REAUTH} == LINKED_CONNECTIONS
