"""Connecting, renewing and ending a workspace's Dropbox on its Integrations page, through the sandbox's real OAuth."""

from urllib.parse import parse_qs, urlsplit

from store.connect import rows
from tests.cast import AGENCY, STUDIO
from tests.handlers.studio import Studio, forms, host_of, until, words

CONNECT_SCOPES = {"account_info.read", "files.content.write", "files.metadata.read"}


def test_fr_001_an_owner_connects_and_the_card_says_who_what_and_when(studio: Studio):
    page = words(studio.owner.get(studio.integrations).text)
    assert "Not connected" in page
    assert "Connect your Dropbox account to enable automatic export of generated media across your projects." in page
    assert studio.connect() == studio.integrations
    page = words(studio.owner.get(studio.integrations).text)
    assert f"Dropbox is connected: {STUDIO}." in page
    assert "Connected" in page and "Not connected" not in page
    assert f"Dropbox account {studio.connection()['account_display_name']}, {STUDIO}" in page
    assert "add and replace files in /Apps/Clementine" in page
    assert "Connected by" in page
    assert "Disconnecting will stop all active Dropbox exports across projects in this workspace." in page


def test_connecting_asks_for_what_exports_need_and_nothing_else(studio: Studio):
    asked = parse_qs(urlsplit(studio.begin()).query)
    assert set(asked["scope"][0].split()) == CONNECT_SCOPES
    assert asked["token_access_type"] == ["offline"]
    assert asked["code_challenge_method"] == ["S256"]


def test_connecting_leads_back_to_where_it_began_and_nowhere_else(studio: Studio):
    assert studio.connect(next_path=studio.tab) == studio.tab
    for elsewhere in ("//evil.example", "https://evil.example/", "/\\evil.example"):
        assert studio.connect(next_path=elsewhere) == studio.integrations


def test_the_policy_lets_the_connect_form_through_to_dropbox_and_to_nothing_else(studio: Studio):
    policy = studio.owner.get(studio.integrations).headers["content-security-policy"]
    assert f"form-action 'self' {host_of(studio.sandbox.url)}" in policy


def test_fr_017_every_member_sees_the_status_and_whom_to_ask_but_no_action(studio: Studio):
    member = studio.enters("member")
    page = member.get(studio.integrations).text
    assert "Not connected" in page and f"({STUDIO}) to connect Dropbox." in words(page)
    assert forms(page) == {"/logout"}
    studio.connect()
    page = member.get(studio.integrations).text
    assert "Connected" in page and STUDIO in words(page)
    assert forms(page) == {"/logout"}


def test_fr_014_others_can_neither_connect_nor_disconnect(studio: Studio):
    studio.connect()
    for role in ("member", "editor", "viewer"):
        browser = studio.enters(role)
        for act in ("connect", "confirm", "confirm/cancel", "disconnect"):
            assert browser.post(f"{studio.dropbox}/{act}").status_code == 403
        assert browser.get(f"{studio.dropbox}/confirm").status_code == 403
    stranger = studio.enters("stranger")
    assert stranger.get(studio.integrations).status_code == 404
    assert stranger.post(f"{studio.dropbox}/disconnect").status_code == 404
    assert studio.connection()["status"] == "connected"


def test_fr_003_disconnecting_revokes_and_removes_the_token_and_keeps_who_and_when(studio: Studio):
    studio.connect()
    assert studio.grants()[-1] == CONNECT_SCOPES
    answer = studio.owner.post(f"{studio.dropbox}/disconnect")
    assert (answer.status_code, answer.headers["location"]) == (303, studio.integrations)
    ended = studio.connection()
    assert (ended["status"], ended["token"]) == ("disconnected", None)
    assert ended["disconnected_by"] == studio.account_id and ended["account_email"] == STUDIO
    until(lambda: CONNECT_SCOPES not in studio.grants())
    assert studio.grants() == [{"account_info.read"}], "the sign-in's own grant stays"
    page = words(studio.owner.get(studio.integrations).text)
    assert "Not connected" in page and "Disconnected by" in page and STUDIO in page


def test_disconnecting_says_first_which_projects_stop_and_that_files_stay(studio: Studio):
    studio.connect()
    studio.switch("on")
    page = words(studio.owner.get(studio.integrations).text)
    assert "Exports of 1 project stop at once: Gala." in page
    assert "Files that are already in Dropbox stay there." in page
    assert "Used by 1 project" in page


def test_disconnecting_twice_or_what_never_was_is_no_harm(studio: Studio):
    assert studio.owner.post(f"{studio.dropbox}/disconnect").status_code == 303
    assert "No Dropbox was connected." in studio.owner.get(studio.integrations).text
    studio.connect()
    for _ in range(2):
        assert studio.owner.post(f"{studio.dropbox}/disconnect").status_code == 303
    assert studio.connection()["status"] == "disconnected"


def test_disconnecting_leads_back_to_the_tab_that_it_began_on(studio: Studio):
    studio.connect()
    answer = studio.owner.post(f"{studio.dropbox}/disconnect", data={"next": studio.tab})
    assert answer.headers["location"] == studio.tab


def test_logging_out_leaves_the_connection_alone(studio: Studio):
    studio.connect()
    studio.owner.post("/logout")
    assert studio.connection()["status"] == "connected"
    assert CONNECT_SCOPES in studio.grants()


def test_a_lost_connection_says_since_when_how_many_wait_and_that_settings_are_kept(studio: Studio):
    studio.connect()
    studio.switch("on")
    studio.lose()
    page = words(studio.owner.get(studio.integrations).text)
    assert "Needs re-authentication" in page and "Reconnect" in page
    assert "Dropbox stopped accepting our sign-in on" in page
    assert "1 export is waiting; it will resume after reconnecting. All settings are kept." in page
    member = studio.enters("member")
    page = member.get(studio.integrations).text
    assert f"({STUDIO}) to reconnect Dropbox." in words(page) and forms(page) == {"/logout"}


def test_who_connected_renewed_and_ended_is_in_the_audit(studio: Studio):
    studio.connect()
    studio.connect()
    studio.owner.post(f"{studio.dropbox}/disconnect")
    told = rows(studio.db, "select * from audit where action like 'connection.%' order by id")
    assert [row["action"] for row in told] == ["connection.made", "connection.renewed", "connection.ended"]
    assert {row["actor"] for row in told} == {studio.account_id}
    assert all(STUDIO in str(row["detail"]) for row in told)


def test_agency_and_studio_may_connect_one_dropbox_to_two_workspaces(studio: Studio):
    studio.connect(email=AGENCY)
    studio.cast.approve(AGENCY)
    other = studio.cast.sign_in(AGENCY)
    found = rows(studio.db, "select id from workspaces where id != :mine", mine=studio.workspace_id)
    studio.cast.connect(other, str(found[0]["id"]), AGENCY)
    studio.owner.post(f"{studio.dropbox}/disconnect")
    until(lambda: len(studio.grants(AGENCY)) == 2)
    assert "Connected" in other.get(f"/workspaces/{found[0]['id']}/integrations").text
