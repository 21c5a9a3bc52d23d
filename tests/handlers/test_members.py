"""The pages of a workspace's and a project's people: who sees what, changing roles, taking somebody out."""

import re

import pytest

from handlers.api.operations import API
from rules.states import WorkspaceRole
from store import members, standing
from store.connect import immediate
from tests.cast import now_ms
from tests.handlers.stage import MEMBERS, Scene, Stage
from tests.handlers.studio import forms, words


def page(stage: Stage, scene: Scene, who: str, query: str = "") -> str:
    return stage.browser(who).get(f"/workspaces/{scene.workspace.id}/members{query}").text


def role(stage: Stage, scene: Scene, name: str) -> str | None:
    return standing.workspace_role(stage.db, f"dbid:{name}", scene.workspace.id)


def post(stage: Stage, scene: Scene, who: str, rest: str, **data: str):
    return stage.browser(who).post(f"/workspaces/{scene.workspace.id}/members/{rest}", data=data or None)


@pytest.mark.parametrize("who", MEMBERS)
def test_every_member_sees_everybody_with_their_roles(stage: Stage, scene: Scene, who: str):
    shown = words(page(stage, scene, who))
    for name in MEMBERS:
        assert f"{name}@example.com" in shown
    assert f"{who.capitalize()} (you)" in shown


def test_who_runs_the_workspace_gets_controls_for_those_below_and_nobody_else_any(stage: Stage, scene: Scene):
    home = f"/workspaces/{scene.workspace.id}/members"
    assert f"{home}/dbid:admin" in forms(page(stage, scene, "owner"))
    assert f"{home}/dbid:member" in forms(page(stage, scene, "owner"))
    removable = {name: re.findall(rf"{home}/dbid:(\w+)/remove", page(stage, scene, name)) for name in MEMBERS}
    assert removable == {
        "owner": ["admin", "editor", "member", "viewer"],
        "admin": ["editor", "member", "viewer"],
        "editor": [],
        "viewer": [],
        "member": [],
    }
    for name in ("admin", "editor", "viewer", "member"):
        assert not [action for action in forms(page(stage, scene, name)) if action.startswith(f"{home}/")]
        assert f"/workspaces/{scene.workspace.id}/leave" in page(stage, scene, name)


def test_invitations_are_for_those_who_may_invite(stage: Stage, scene: Scene):
    stage.invite(scene, "guest@example.com")
    for name in ("owner", "admin"):
        shown = words(page(stage, scene, name))
        assert "guest@example.com" in shown and "Invite somebody" in shown
    for name in ("editor", "viewer", "member"):
        shown = words(page(stage, scene, name))
        assert "guest@example.com" not in shown and "Invite somebody" not in shown


def test_a_role_is_changed_and_works_at_the_next_request(stage: Stage, scene: Scene):
    assert post(stage, scene, "owner", "dbid:member", role="admin").headers["location"].endswith("/members")
    assert "The role is changed." in page(stage, scene, "owner")
    assert stage.browser("member").get(f"/projects/{scene.other.id}/experiences").status_code == 200
    post(stage, scene, "owner", "dbid:member", role="member")
    assert stage.browser("member").get(f"/projects/{scene.other.id}/experiences").status_code == 404


@pytest.mark.parametrize("given", ["", "king", "OWNER"])
def test_an_unknown_role_is_refused_and_nothing_changes(stage: Stage, scene: Scene, given: str):
    answer = post(stage, scene, "owner", "dbid:member", role=given)
    assert answer.status_code == 422 and "Choose one of the roles." in answer.text
    assert role(stage, scene, "member") == "member"


@pytest.mark.parametrize(
    ("who", "whom", "to"),
    [
        ("admin", "owner", "member"),
        ("admin", "admin", "owner"),
        ("admin", "member", "admin"),
        ("owner", "member", "owner"),
        ("owner", "owner", "admin"),
        ("member", "member", "admin"),
        ("editor", "editor", "owner"),
    ],
)
def test_az_06_nobody_promotes_themselves_or_touches_those_above(
    stage: Stage, scene: Scene, who: str, whom: str, to: str
):
    before = role(stage, scene, whom)
    assert post(stage, scene, who, f"dbid:{whom}", role=to).status_code == 403
    assert role(stage, scene, whom) == before


def test_az_06_the_last_owner_stays(stage: Stage, scene: Scene):
    browser, home = stage.browser("owner"), f"/workspaces/{scene.workspace.id}"
    assert browser.post(f"{home}/leave").status_code == 409
    assert browser.post(f"{home}/members/dbid:owner", data={"role": "admin"}).status_code == 403
    assert browser.post(f"{home}/members/dbid:owner/remove").status_code == 403
    assert role(stage, scene, "owner") == "owner"


def test_az_06_a_token_has_no_way_to_people_roles_or_tokens(stage: Stage, scene: Scene):
    paths = [operation.path for operation in API]
    assert not [path for path in paths if re.search(r"member|invitation|token|account|transfer|device", path)]
    answer = stage.client.post(
        f"/workspaces/{scene.workspace.id}/members/dbid:member", data={"role": "admin"}, headers=stage.bearer("owner")
    )
    assert answer.status_code in (303, 403) and role(stage, scene, "member") == "member"


def test_az_07_a_role_that_is_taken_is_gone_at_the_next_request(stage: Stage, scene: Scene):
    browser, home = stage.browser("admin"), f"/workspaces/{scene.workspace.id}"
    assert browser.post(home, data={"name": "Mine"}).status_code == 303
    with immediate(stage.db) as db:
        members.set_role(db, scene.workspace.id, "dbid:admin", WorkspaceRole.MEMBER, by=None, now=now_ms())
    assert browser.post(home, data={"name": "Mine still"}).status_code == 403
    assert (
        stage.client.post(f"/api/v1{home}/projects", json={"name": "X"}, headers=stage.bearer("admin")).status_code
        == 403
    )
    with immediate(stage.db) as db:
        members.remove(db, scene.workspace.id, "dbid:admin", by=None, now=now_ms())
    assert browser.get(home).status_code == 404
    assert stage.client.get(f"/api/v1{home}/projects", headers=stage.bearer("admin")).status_code == 404


def test_se_07_who_is_removed_loses_the_workspace_its_projects_and_their_tokens_for_them(stage: Stage, scene: Scene):
    token = stage.project_token("editor", scene.project)
    assert stage.client.get(f"/api/v1/projects/{scene.project.id}", headers=token).status_code == 200
    asked = stage.browser("admin").get(f"/workspaces/{scene.workspace.id}/members/dbid:editor/remove")
    assert "Remove Editor?" in words(asked.text)
    post(stage, scene, "admin", "dbid:editor/remove")
    assert "Editor is no longer a member." in page(stage, scene, "admin")
    assert stage.browser("editor").get(f"/workspaces/{scene.workspace.id}").status_code == 404
    assert stage.browser("editor").get(f"/projects/{scene.project.id}/results").status_code == 404
    assert stage.client.get(f"/api/v1/projects/{scene.project.id}", headers=token).status_code == 404
    assert stage.browser("editor").get("/account").status_code == 200


@pytest.mark.parametrize("rest", ["dbid:stranger", "dbid:nobody", "x"])
def test_somebody_who_is_no_member_is_not_found(stage: Stage, scene: Scene, rest: str):
    assert post(stage, scene, "owner", rest, role="member").status_code == 404
    assert post(stage, scene, "owner", f"{rest}/remove").status_code == 404
    assert stage.browser("owner").get(f"/workspaces/{scene.workspace.id}/members/{rest}/remove").status_code == 404
    answer = stage.browser("owner").post(f"/projects/{scene.project.id}/members/{rest}", data={"role": "editor"})
    assert answer.status_code == 404


def test_many_people_are_searched_and_never_all_on_one_page(stage: Stage, scene: Scene):
    with immediate(stage.db) as db:
        for n in range(210):
            name = {"id": f"dbid:{scene.workspace.id}-{n}", "email": f"p{n:03}%_@example.com", "name": f"P{n:03}"}
            db.conn.execute(
                """
                insert into accounts (id, email, display_name, created_at, signed_in_at, last_seen_at)
                values (:id, :email, :name, 1, 1, 1)
                """,
                name,
            )
            members.set_role(db, scene.workspace.id, str(name["id"]), WorkspaceRole.MEMBER, by=None, now=1)
    shown = page(stage, scene, "owner")
    assert shown.count('class="row-title"') == 200 and "The first 200 are shown." in shown
    for query, number in (("?q=p007", 1), ("?q=P00", 10), ("?q=%25_", 200), ("?q=_p", 0), ("?q='--", 0)):
        found = page(stage, scene, "owner", query)
        assert found.count('class="row-title"') == number, query
    assert "Nobody here has that" in page(stage, scene, "owner", "?q=nobody-at-all")
    project = stage.browser("viewer").get(f"/projects/{scene.project.id}/members").text
    assert "P007" not in project


def test_a_project_shows_its_people_and_its_runners_who_else_there_is(stage: Stage, scene: Scene):
    path = f"/projects/{scene.project.id}/members"
    for name in ("owner", "admin"):
        shown = words(stage.browser(name).get(path).text)
        assert "member@example.com" in shown and "owner of the workspace" in shown
        assert f"{path}/dbid:member" in forms(stage.browser(name).get(path).text)
        assert f"{path}/dbid:admin" not in forms(stage.browser(name).get(path).text)
    for name in ("editor", "viewer"):
        shown = words(stage.browser(name).get(path).text)
        assert "viewer@example.com" in shown and "member@example.com" not in shown
        assert forms(stage.browser(name).get(path).text) == {"/logout"}


def test_roles_in_a_project_are_given_and_taken_on_its_page(stage: Stage, scene: Scene):
    path, browser = f"/projects/{scene.project.id}/members", stage.browser("admin")
    tab = f"/projects/{scene.project.id}/results"
    assert stage.browser("member").get(tab).status_code == 404
    for given, status in (("viewer", 200), ("editor", 200), ("none", 404)):
        assert browser.post(f"{path}/dbid:member", data={"role": given}).status_code == 303
        assert stage.browser("member").get(tab).status_code == status
    assert browser.post(f"{path}/dbid:member", data={"role": "admin"}).status_code == 422
    assert browser.post(f"{path}/dbid:owner", data={"role": "viewer"}).status_code == 409


def test_az_05_who_may_connect_configure_look_and_push_is_decided_by_role(stage: Stage, scene: Scene):
    stage.link(scene, "connected")
    home, project = f"/workspaces/{scene.workspace.id}", f"/projects/{scene.project.id}"
    acts = {
        "connect": lambda b: b.post(f"{home}/dropbox/connect"),
        "disconnect": lambda b: b.get(f"{home}/dropbox/disconnect"),
        "status": lambda b: b.get(f"{home}/integrations"),
        "toggle": lambda b: b.post(f"{project}/connect/toggle", data={"enabled": "on"}),
        "log": lambda b: b.get(f"{project}/exports"),
    }
    done = {
        act: [who for who in MEMBERS if do(stage.browser(who)).status_code in (200, 303)] for act, do in acts.items()
    }
    assert done == {
        "connect": ["owner", "admin"],
        "disconnect": ["owner", "admin"],
        "status": list(MEMBERS),
        "toggle": ["owner", "admin", "editor"],
        "log": ["owner", "admin", "editor", "viewer"],
    }
    # The Dropbox token: never, to nobody.
    for who in MEMBERS:
        for path in (f"{home}/integrations", f"{project}/connect"):
            assert "sealed" not in stage.browser(who).get(path).text
        shape = stage.client.get(f"/api/v1{home}/connection", headers=stage.bearer(who)).json()
        assert not [field for field in shape if "token" in field]
