"""The round trip to Dropbox and back where it does not go as planned: what SECURITY.md §1.1 says of connecting."""

from concurrent.futures import ThreadPoolExecutor
from urllib.parse import parse_qs, urlencode, urlsplit

from rules.envelope import Keyring
from store import connection_grants
from store.connect import immediate, rows
from tests.cast import STUDIO
from tests.handlers.studio import Studio, until, words

CONNECT_SCOPES = {"account_info.read", "files.content.write", "files.metadata.read"}
SIGN_IN_ONLY = [{"account_info.read"}]


def keyring(studio: Studio) -> Keyring:
    return studio.cast.settings.keyring


def asking_for(authorize_url: str, *scopes: str) -> str:
    """The same authorize address with other scopes in it."""
    parts = urlsplit(authorize_url)
    query = {name: values[0] for name, values in parse_qs(parts.query).items()}
    return parts._replace(query=urlencode({**query, "scope": " ".join(scopes)})).geturl()


def test_oa_05_an_admin_demoted_on_the_way_connects_nothing_and_their_grant_is_revoked(studio: Studio):
    admin = studio.enters("admin")
    back = studio.back(studio.begin(admin), "admin@example.com")
    studio.cast.member("admin@example.com", "member", workspace_id=studio.workspace_id)
    answer = admin.get(back)
    assert answer.status_code == 403
    assert "you are no longer an owner or admin of this workspace" in words(answer.text)
    assert studio.connection() == {}
    until(lambda: studio.grants("admin@example.com") == SIGN_IN_ONLY)


def test_oa_05_an_admin_removed_on_the_way_finds_nothing_and_their_grant_is_revoked(studio: Studio):
    admin = studio.enters("admin")
    back = studio.back(studio.begin(admin), "admin@example.com")
    with immediate(studio.db):
        studio.db.conn.execute(
            "delete from members where account_id = :id", {"id": studio.cast.account_id("admin@example.com")}
        )
    assert admin.get(back).status_code == 404
    assert studio.connection() == {}
    until(lambda: studio.grants("admin@example.com") == SIGN_IN_ONLY)


def test_oa_06_the_code_of_one_purpose_does_nothing_under_the_state_of_the_other(studio: Studio):
    connecting = studio.back(studio.begin())
    signing_in = studio.back(studio.owner.post("/login", data={"next": "/"}).headers["location"])
    codes = [parse_qs(urlsplit(path).query) for path in (connecting, signing_in)]
    for code, state in (codes, codes[::-1]):
        query = urlencode({"code": code["code"][0], "state": state["state"][0]})
        assert studio.owner.get(f"/auth/dropbox/callback?{query}").status_code == 303
    assert studio.connection() == {}


def test_oa_06_signing_in_never_connects_and_connecting_never_signs_in(studio: Studio):
    studio.cast.sign_in(STUDIO, studio.owner)
    assert studio.connection() == {}
    before = rows(studio.db, "select count(*) as many from devices")
    studio.connect()
    assert rows(studio.db, "select count(*) as many from devices") == before


def test_us1_3_cancelled_at_dropbox_nothing_is_stored_and_one_calm_sentence_says_so(studio: Studio):
    answer = studio.owner.get(studio.back(studio.begin(next_path=studio.tab), allow=False))
    assert (answer.status_code, answer.headers["location"]) == (303, studio.tab)
    page = words(studio.owner.get(studio.tab).text)
    assert "Dropbox was not connected, because the request was cancelled there. Nothing has changed." in page
    assert "Not connected" in page
    assert studio.connection() == {}
    assert rows(studio.db, "select * from outbox where kind = 'revoke_grant'") == []
    assert studio.grants() == SIGN_IN_ONLY


def test_oa_10_an_error_from_outside_is_never_repeated_on_a_page_and_leaves_a_connection_alone(studio: Studio):
    studio.connect()
    before = studio.connection()
    state = parse_qs(urlsplit(studio.begin()).query)["state"][0]
    query = urlencode({"error": "<script>one", "error_description": "<script>two", "state": state})
    answer = studio.owner.get(f"/auth/dropbox/callback?{query}")
    assert answer.status_code == 303
    page = studio.owner.get(answer.headers["location"]).text
    assert "script>one" not in page and "script>two" not in page
    assert studio.connection() == before


def test_oa_11_fewer_scopes_than_needed_connect_nothing_and_the_missing_one_is_named(studio: Studio):
    url = asking_for(studio.begin(next_path=studio.tab), "account_info.read", "files.metadata.read")
    answer = studio.owner.get(studio.back(url))
    assert (answer.status_code, answer.headers["location"]) == (303, studio.tab)
    page = words(studio.owner.get(studio.tab).text)
    assert "it did not grant the right to add and replace files (files.content.write)" in page
    assert "files.metadata.read" not in page
    assert studio.connection() == {}
    until(lambda: studio.grants() == SIGN_IN_ONLY)


def test_oa_11_fewer_scopes_leave_the_connection_that_there_is(studio: Studio):
    studio.connect()
    before = studio.connection()
    studio.owner.get(studio.back(asking_for(studio.begin(), "account_info.read")))
    assert studio.connection() == before
    until(lambda: studio.grants() == [*SIGN_IN_ONLY, CONNECT_SCOPES])


def test_oa_11_an_app_that_may_not_ask_for_a_scope_is_told_apart_from_a_cancelled_request(studio: Studio):
    studio.sandbox.add_app("test-app-key", scopes=["account_info.read", "files.metadata.read"])
    answer = studio.owner.get(studio.back(studio.begin(next_path=studio.tab)))
    assert answer.headers["location"] == studio.tab
    page = words(studio.owner.get(studio.tab).text)
    assert "this site's Dropbox app may not ask for all that exports need (files.content.write" in page
    assert studio.connection() == {}


def test_oa_16_dropbox_failing_to_revoke_does_not_hold_up_a_disconnect_and_is_tried_again(studio: Studio):
    studio.connect()
    fault = studio.sandbox.fault("status", route="auth/token/revoke", status=500)
    assert studio.owner.post(f"{studio.dropbox}/disconnect").status_code == 303
    assert studio.connection()["token"] is None
    until(lambda: rows(studio.db, "select 1 from outbox where state = 'waiting' and attempts > 0") != [])
    studio.sandbox.clear_faults(fault)
    with immediate(studio.db):
        studio.db.conn.execute("update outbox set due_at = 0")
    until(lambda: studio.grants() == SIGN_IN_ONLY)


def test_oa_17_twenty_callbacks_at_once_give_one_connection_and_no_orphan_token(studio: Studio):
    backs = [studio.back(studio.begin()) for _ in range(20)]
    browsers = [studio.cast.browser() for _ in backs]
    for browser in browsers:
        browser.cookies.update(studio.owner.cookies)
    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(lambda pair: pair[0].get(pair[1]), zip(browsers, backs, strict=True)))
    assert {answer.status_code for answer in answers} == {303}
    assert len(rows(studio.db, "select id from connections")) == 1
    until(lambda: len(studio.grants()) == 2)
    kept = connection_grants.token(studio.db, str(studio.connection()["id"]), keyring(studio))
    app = {"client_id": "test-app-key", "client_secret": "test-app-secret"}
    assert studio.sandbox.token(grant_type="refresh_token", refresh_token=kept, **app).ok


def test_a_callback_that_comes_twice_connects_once(studio: Studio):
    back = studio.back(studio.begin())
    assert [studio.owner.get(back).status_code for _ in range(2)] == [303, 400]
    assert studio.grants() == [*SIGN_IN_ONLY, CONNECT_SCOPES]


def test_oa_19_somebody_signed_out_on_the_way_connects_nothing(studio: Studio):
    back = studio.back(studio.begin())
    studio.owner.post("/logout")
    assert studio.owner.get(back).headers["location"].startswith("/login")
    assert studio.connection() == {}


def test_dropbox_failing_on_the_way_back_leaves_everything_as_it_was(studio: Studio):
    back = studio.back(studio.begin(next_path=studio.tab))
    studio.sandbox.fault("status", route="oauth2/token", status=503)
    assert studio.owner.get(back).headers["location"] == studio.tab
    assert "Dropbox was not connected: it did not answer as it should." in studio.owner.get(studio.tab).text
    assert studio.connection() == {}
