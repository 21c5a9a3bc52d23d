"""Coming back with another Dropbox account than before: the workspace keeps its own until the person has said yes."""

from store import pending_grants
from store.connect import immediate
from tests.cast import AGENCY, STUDIO, now_ms
from tests.handlers.studio import Studio, until, words

CONNECT_SCOPES = {"account_info.read", "files.content.write", "files.metadata.read"}
SIGN_IN_ONLY = [{"account_info.read"}]


def test_another_account_is_asked_about_first_and_the_connection_stays_untouched_meanwhile(studio: Studio):
    studio.connect()
    before = studio.connection()
    assert studio.connect(email=AGENCY) == f"{studio.dropbox}/confirm"
    assert studio.connection() == before
    page = words(studio.owner.get(f"{studio.dropbox}/confirm").text)
    assert "Use another Dropbox account?" in page and STUDIO in page and AGENCY in page
    assert "Files that were exported stay where they are" in page


def test_once_confirmed_the_other_account_takes_over_and_the_old_grant_is_revoked(studio: Studio):
    studio.connect()
    studio.connect(email=AGENCY, next_path=studio.tab)
    answer = studio.owner.post(f"{studio.dropbox}/confirm")
    assert (answer.status_code, answer.headers["location"]) == (303, studio.tab)
    assert studio.connection()["account_email"] == AGENCY
    until(lambda: studio.grants() == SIGN_IN_ONLY)
    assert studio.grants(AGENCY) == [CONNECT_SCOPES]
    again = studio.owner.post(f"{studio.dropbox}/confirm")
    assert again.headers["location"] == studio.integrations
    assert studio.connection()["account_email"] == AGENCY


def test_what_waits_goes_to_the_confirmed_account(studio: Studio):
    studio.connect()
    studio.switch("on")
    studio.lose()
    studio.connect(email=AGENCY)
    assert "1 file that waits goes there too." in words(studio.owner.get(f"{studio.dropbox}/confirm").text)
    studio.owner.post(f"{studio.dropbox}/confirm")
    until(lambda: studio.states() == ["exported"])
    assert len(studio.sandbox.files(AGENCY)) == 1 and studio.sandbox.files(STUDIO) == {}


def test_cancelled_the_other_accounts_grant_is_revoked_and_nothing_changes(studio: Studio):
    studio.connect()
    before = studio.connection()
    studio.connect(email=AGENCY, next_path=studio.tab)
    answer = studio.owner.post(f"{studio.dropbox}/confirm/cancel")
    assert (answer.status_code, answer.headers["location"]) == (303, studio.tab)
    assert studio.connection() == before
    until(lambda: studio.grants(AGENCY) == [])
    assert studio.owner.get(f"{studio.dropbox}/confirm").headers["location"] == studio.integrations


def test_looking_at_the_question_or_leaving_it_changes_nothing(studio: Studio):
    studio.connect()
    studio.connect(email=AGENCY)
    for _ in range(3):
        assert studio.owner.get(f"{studio.dropbox}/confirm").status_code == 200
    assert studio.owner.get(studio.integrations).status_code == 200
    assert studio.grants(AGENCY) == [CONNECT_SCOPES]


def test_after_ten_minutes_nothing_can_be_confirmed_and_housekeeping_revokes_the_grant(studio: Studio):
    studio.connect()
    studio.connect(email=AGENCY)
    with immediate(studio.db):
        studio.db.conn.execute("update oauth_states set expires_at = :now", {"now": now_ms()})
    assert studio.owner.get(f"{studio.dropbox}/confirm").headers["location"] == studio.integrations
    assert studio.owner.post(f"{studio.dropbox}/confirm").headers["location"] == studio.integrations
    assert studio.connection()["account_email"] == STUDIO
    with immediate(studio.db):
        pending_grants.expire(studio.db, keyring=studio.cast.settings.keyring, now=now_ms())
    until(lambda: studio.grants(AGENCY) == [])


def test_only_who_began_it_can_answer_and_only_while_they_may_connect(studio: Studio):
    studio.connect()
    admin = studio.enters("admin")
    studio.connect(admin, email=AGENCY)
    assert studio.owner.get(f"{studio.dropbox}/confirm").headers["location"] == studio.integrations
    assert studio.owner.post(f"{studio.dropbox}/confirm").headers["location"] == studio.integrations
    studio.cast.member("admin@example.com", "member", workspace_id=studio.workspace_id)
    assert admin.post(f"{studio.dropbox}/confirm").status_code == 403
    assert studio.connection()["account_email"] == STUDIO


def test_after_a_disconnect_another_account_is_asked_about_too(studio: Studio):
    studio.connect()
    studio.owner.post(f"{studio.dropbox}/disconnect")
    assert studio.connect(email=AGENCY) == f"{studio.dropbox}/confirm"
    assert "than this workspace used last" in words(studio.owner.get(f"{studio.dropbox}/confirm").text)
    studio.owner.post(f"{studio.dropbox}/confirm")
    assert (studio.connection()["status"], studio.connection()["account_email"]) == ("connected", AGENCY)


def test_choosing_another_account_has_dropbox_ask_who_it_is(studio: Studio):
    answer = studio.owner.post(f"{studio.dropbox}/connect", data={"other": "1"})
    assert "force_reauthentication=true" in answer.headers["location"]
    assert "force_reauthentication" not in studio.begin()
