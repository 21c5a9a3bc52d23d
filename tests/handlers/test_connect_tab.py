"""The Connect tab of a project in each of its states, for each who sees it: S1's user stories 1, 2, 4 and 5."""

import pytest

from store.connect import rows
from tests.cast import STUDIO
from tests.handlers.studio import Studio, forms, until, words

SWITCH = 'role="switch"'
ON, OFF = 'aria-checked="true"', 'aria-checked="false"'
LOST = "Dropbox connection lost — reconnect to resume exports"
LOST_TO_OTHERS = "Dropbox connection lost — ask a workspace admin to reconnect"


# -- user story 1: connect ------------------------------------------------------------------------------------------


def test_us1_1_a_workspace_owner_connects_and_sees_the_dropbox_address(studio: Studio):
    assert studio.connect(next_path=studio.tab) == studio.tab
    page = words(studio.owner.get(studio.tab).text)
    assert "Dropbox Connected" in page and f"Connected Dropbox {STUDIO}" in page


def test_us1_2_a_workspace_admin_connects_and_sees_the_dropbox_address(studio: Studio):
    admin = studio.enters("admin")
    assert studio.connect(admin, "admin@example.com", studio.tab) == studio.tab
    page = words(admin.get(studio.tab).text)
    assert "Dropbox Connected" in page and "Connected Dropbox admin@example.com" in page


def test_us1_4_an_editor_sees_the_status_and_whom_to_ask_but_cannot_connect(studio: Studio):
    editor = studio.enters("editor")
    page = editor.get(studio.tab).text
    assert "Not connected" in page and f"({STUDIO}) to connect Dropbox." in words(page)
    assert forms(page) == {"/logout"}
    assert editor.post(f"{studio.dropbox}/connect").status_code == 403


def test_fr_012_a_workspace_that_was_never_connected_says_what_it_would_bring_and_how(studio: Studio):
    page = studio.owner.get(studio.tab).text
    text = words(page)
    assert "Automatically export generated photos/videos to Dropbox folders." in text
    assert "Dropbox is not connected on this workspace yet." in text
    assert "Learn how it works" in text
    assert f"{studio.dropbox}/connect" in forms(page)


# -- user story 2: switch on and off --------------------------------------------------------------------------------


def test_us2_1_an_editor_switches_export_on_and_sees_the_destination(studio: Studio):
    studio.connect()
    editor = studio.enters("editor")
    assert OFF in editor.get(studio.tab).text
    answer = studio.switch("on", editor)
    assert (answer.status_code, answer.headers["location"]) == (303, studio.tab)
    page = editor.get(studio.tab).text
    text = words(page)
    assert ON in page and "Dropbox Active" in text
    assert "Destination /Apps/Clementine/Gala/Booth/" in text
    assert "Switched on by Editor Doe" in text


def test_us2_2_switched_off_again_new_results_are_no_longer_exported(studio: Studio):
    studio.connect()
    studio.switch("on")
    editor = studio.enters("editor")
    studio.switch("off", editor)
    assert OFF in editor.get(studio.tab).text
    studio.push("job-1")
    assert studio.states() == []


def test_us2_3_without_a_connection_there_is_no_switch_but_the_way_to_connect(studio: Studio):
    editor = studio.enters("editor")
    assert SWITCH not in editor.get(studio.tab).text
    page = studio.owner.get(studio.tab).text
    assert SWITCH not in page and "Connect Dropbox" in page
    answer = studio.switch("on")
    assert answer.status_code == 409
    assert "Connect Dropbox to this workspace before you switch its exports on." in words(answer.text)
    assert f"{studio.dropbox}/connect" in forms(answer.text), "a refusal is no dead end"


def test_fr_015_viewers_see_the_state_and_no_switch(studio: Studio):
    studio.connect()
    viewer = studio.enters("viewer")
    page = viewer.get(studio.tab).text
    assert SWITCH not in page and "Export to Dropbox: Off" in words(page)
    assert studio.switch("on", viewer).status_code == 403
    studio.switch("on")
    page = viewer.get(studio.tab).text
    assert SWITCH not in page and "Export to Dropbox: On" in words(page)
    assert studio.switch("off", viewer).status_code == 403
    assert ON in studio.owner.get(studio.tab).text


def test_the_example_is_exactly_where_the_next_file_of_its_kind_lands(studio: Studio):
    studio.connect()
    studio.switch("on")
    studio.push("job-1")
    until(lambda: studio.states() == ["exported"])
    (path,) = studio.sandbox.files(STUDIO)
    assert f"Example {path}" in words(studio.owner.get(studio.tab).text)


@pytest.mark.parametrize("wrong", ["", "yes", "true", "ON"])
def test_anything_but_on_or_off_is_refused_beside_the_switch(studio: Studio, wrong: str):
    studio.connect()
    answer = studio.switch(wrong)
    assert answer.status_code == 422
    assert "Say whether export is to be on or off." in answer.text and SWITCH in answer.text


def test_as_it_is_already_is_no_error(studio: Studio):
    studio.connect()
    for wanted in ("off", "on", "on", "off", "off"):
        assert studio.switch(wanted).status_code == 303


# -- user story 4: disconnect ---------------------------------------------------------------------------------------


def test_us4_1_an_owner_disconnects_on_the_tab_and_it_is_not_connected(studio: Studio):
    studio.connect()
    assert f"{studio.dropbox}/disconnect" in forms(studio.owner.get(studio.tab).text)
    answer = studio.owner.post(f"{studio.dropbox}/disconnect", data={"next": studio.tab})
    page = studio.owner.get(answer.headers["location"]).text
    assert "Not connected" in page and SWITCH not in page and "Connect Dropbox" in page
    assert studio.connection()["token"] is None
    until(lambda: len(studio.grants()) == 1)


def test_us4_2_disconnected_no_project_exports_and_each_says_that_it_is_paused(studio: Studio):
    studio.connect()
    other = studio.project("Launch")
    booth = studio.experience(other, "Wall")
    for project in (studio.project_id, other):
        studio.owner.post(f"/projects/{project}/connect/toggle", data={"enabled": "on"})
    studio.owner.post(f"{studio.dropbox}/disconnect")
    studio.push("job-1")
    studio.push("job-2", booth)
    assert set(studio.states()) == {"skipped"}
    for project in (studio.project_id, other):
        page = words(studio.owner.get(f"/projects/{project}/connect").text)
        assert "Export of this project is switched on and paused." in page
    assert studio.sandbox.files(STUDIO) == {}


def test_us4_3_an_editor_finds_no_way_to_disconnect(studio: Studio):
    studio.connect()
    editor = studio.enters("editor")
    assert "isconnect" not in editor.get(studio.tab).text
    assert editor.post(f"{studio.dropbox}/disconnect").status_code == 403


# -- user story 5: lost ---------------------------------------------------------------------------------------------


def test_us5_1_an_export_refused_for_its_sign_in_marks_the_connection(studio: Studio):
    studio.connect()
    studio.switch("on")
    studio.lose()
    assert "Needs re-authentication" in studio.owner.get(studio.tab).text
    assert studio.states() == ["waiting"]


def test_us5_2_sc_004_the_very_next_page_says_lost_and_offers_reconnect_or_whom_to_ask(studio: Studio):
    studio.connect()
    studio.switch("on")
    editor, viewer = studio.enters("editor"), studio.enters("viewer")
    studio.lose()
    page = studio.owner.get(studio.tab).text
    assert LOST in page and "Reconnect" in page and f"{studio.dropbox}/connect" in forms(page)
    for browser in (editor, viewer):
        page = browser.get(studio.tab).text
        assert LOST_TO_OTHERS in page and LOST not in page
        assert f"({STUDIO}) to reconnect Dropbox." in words(page)
        assert f"{studio.dropbox}/connect" not in forms(page)


@pytest.mark.complaints("dead_token")
def test_us5_3_reconnected_from_the_tab_what_waited_is_exported_by_itself(studio: Studio):
    studio.connect()
    studio.switch("on")
    studio.lose()
    assert studio.connect(next_path=studio.tab) == studio.tab
    assert LOST not in studio.owner.get(studio.tab).text
    until(lambda: studio.states() == ["exported"])
    page = words(studio.owner.get(studio.tab).text)
    assert "Dropbox Active" in page and "1 exported" in page


def test_while_the_connection_is_lost_export_may_be_switched_on_and_off(studio: Studio):
    studio.connect()
    studio.switch("on")
    studio.lose()
    assert [studio.switch(wanted).status_code for wanted in ("off", "on")] == [303, 303]


# -- figures ----------------------------------------------------------------------------------------------------------


def test_counts_lead_to_the_log_of_their_state(studio: Studio):
    studio.connect()
    studio.switch("on")
    studio.push("job-1")
    until(lambda: studio.states() == ["exported"])
    page = studio.owner.get(studio.tab).text
    assert f'href="{studio.log}?status=exported"' in page
    assert studio.owner.get(f"{studio.log}?status=exported").status_code == 200


def test_the_token_is_on_no_page(studio: Studio):
    studio.connect()
    sealed = str(rows(studio.db, "select token from connections")[0]["token"])
    for path in (studio.tab, studio.integrations, studio.log):
        assert sealed not in studio.owner.get(path).text
