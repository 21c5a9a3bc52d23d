"""The API's connection: its shape in every state, never a token, and its end."""

import pytest

from store import connections
from store.connect import immediate, rows
from tests.cast import now_ms
from tests.handlers.api.pushing import push
from tests.handlers.stage import Scene, Stage

NEVER: dict[str, object] = {
    "status": "never",
    "account_email": None,
    "account_display_name": None,
    "connected_by": None,
    "connected_at": None,
    "scopes": [],
    "waiting": 0,
    "paused_until": None,
    "pause_reason": None,
}


def path_of(scene: Scene) -> str:
    return f"/api/v1/workspaces/{scene.workspace.id}/connection"


def show(stage: Stage, scene: Scene, who: str = "member") -> dict[str, object]:
    answer = stage.client.get(path_of(scene), headers=stage.bearer(who))
    assert answer.status_code == 200
    body: dict[str, object] = answer.json()
    return body


def connected(stage: Stage, scene: Scene, *, paused: bool = True, token: str = "canary-refresh-token") -> str:
    """Connect by the store, so that the grant is a real sealed one; paused, so that the pump leaves it alone."""
    with immediate(stage.db) as db:
        made = connections.save(
            db,
            workspace_id=scene.workspace.id,
            dropbox_account_id=f"dbid:{scene.workspace.id}",
            account_email="studio@example.com",
            account_display_name="Studio",
            refresh_token=token,
            scopes=("account_info.read", "files.content.write"),
            keyring=stage.settings.keyring,
            by="dbid:admin",
            now=1_770_837_843_000,
        )
        if paused:
            db.conn.execute(
                "update connections set paused_until = 4102444800000, pause_reason = 'not_permitted' where id = :id",
                {"id": made.id},
            )
        db.conn.execute("update export_settings set enabled = 1 where project_id = :id", {"id": scene.project.id})
    return made.id


def test_fr_017_a_workspace_that_never_connected_says_never(stage: Stage, scene: Scene):
    assert show(stage, scene) == NEVER


def test_fr_017_any_member_sees_status_account_and_who_connected_it_when(stage: Stage, scene: Scene):
    connected(stage, scene)
    push(stage, scene)
    assert show(stage, scene) == {
        "status": "connected",
        "account_email": "studio@example.com",
        "account_display_name": "Studio",
        "connected_by": {"account_id": "dbid:admin", "display_name": "Admin"},
        "connected_at": "2026-02-11T19:24:03.000Z",
        "scopes": ["account_info.read", "files.content.write"],
        "waiting": 1,
        "paused_until": "2100-01-01T00:00:00.000Z",
        "pause_reason": "not_permitted",
    }


def test_a_pause_that_is_over_is_not_shown(stage: Stage, scene: Scene):
    made = connected(stage, scene)
    stage.db.conn.execute("update connections set paused_until = 5 where id = :id", {"id": made})
    body = show(stage, scene)
    assert (body["paused_until"], body["pause_reason"]) == (None, None)


def test_a_lost_connection_says_that_it_needs_a_new_sign_in(stage: Stage, scene: Scene):
    made = connected(stage, scene)
    stage.db.conn.execute("update connections set status = 'needs_reauth' where id = :id", {"id": made})
    assert show(stage, scene)["status"] == "needs_reauth"


def test_no_answer_holds_the_token(stage: Stage, scene: Scene):
    connected(stage, scene)
    sealed = str(
        rows(stage.db, "select token from connections where workspace_id = :id", id=scene.workspace.id)[0]["token"]
    )
    for method in ("GET", "DELETE"):
        answer = stage.client.request(method, path_of(scene), headers=stage.bearer("owner"))
        assert "canary" not in answer.text
        assert sealed not in answer.text


def test_fr_003_fr_016_sc_005_disconnecting_removes_the_grant_and_skips_what_waits(stage: Stage, scene: Scene):
    connected(stage, scene)
    export = push(stage, scene).json()["exports"][0]
    answer = stage.client.delete(path_of(scene), headers=stage.bearer("admin"))
    assert answer.status_code == 200
    assert (answer.json()["status"], answer.json()["waiting"]) == ("disconnected", 0)
    assert answer.json()["account_email"] == "studio@example.com"
    left = rows(stage.db, "select token from connections where workspace_id = :id", id=scene.workspace.id)
    assert left == [{"token": None}]
    now = stage.client.get(f"/api/v1/exports/{export['id']}", headers=stage.bearer("owner")).json()
    assert (now["status"], now["error"]) == (
        "skipped",
        {"kind": "disconnected", "message": "Dropbox is not connected"},
    )
    assert [each["status"] for each in now["attempts_log"]] == ["skipped"]


def test_disconnecting_is_audited_with_who_and_by_which_way(stage: Stage, scene: Scene):
    made = connected(stage, scene)
    stage.client.delete(path_of(scene), headers=stage.bearer("admin"))
    last = rows(stage.db, "select actor, way, action from audit where subject = :id order by id desc limit 1", id=made)
    assert last == [{"actor": "dbid:admin", "way": "api", "action": "connection.ended"}]


def test_disconnecting_again_and_with_nothing_to_disconnect_is_no_error(stage: Stage, scene: Scene):
    for expected in ("never", "never"):
        answer = stage.client.delete(path_of(scene), headers=stage.bearer("owner"))
        assert (answer.status_code, answer.json()["status"]) == (200, expected)
    connected(stage, scene)
    answers = [stage.client.delete(path_of(scene), headers=stage.bearer("owner")).json() for _ in range(2)]
    assert answers[0] == answers[1]


@pytest.mark.parametrize("many", [2000])
def test_disconnecting_with_much_waiting_answers_within_two_seconds(stage: Stage, scene: Scene, many: int):
    made = connected(stage, scene)
    export = push(stage, scene).json()["exports"][0]
    columns = [str(row["name"]) for row in rows(stage.db, "pragma table_info(exports)")]
    own = {"id": "hex(randomblob(12))", "export_key": "hex(randomblob(12))"}
    copied = ", ".join(own.get(column, f"e.{column}") for column in columns)
    with immediate(stage.db) as db:
        db.conn.execute(
            f"""
            with recursive numbers(n) as (values (2) union all select n + 1 from numbers where n < {many})
            insert into exports select {copied} from numbers, exports e where e.id = '{export["id"]}'
            """
        )
    assert show(stage, scene)["waiting"] == many
    began = now_ms()
    answer = stage.client.delete(path_of(scene), headers=stage.bearer("owner"))
    assert now_ms() - began < 2000
    assert answer.json()["waiting"] == 0
    left = rows(stage.db, "select distinct state from exports where connection_id = :id", id=made)
    assert left == [{"state": "skipped"}]
