"""Signing in through the real round trip: what may go wrong at each hop, and what must then not have happened.

SECURITY.md §1.1 (OA) and §1.2 (SE); the names say which.
"""

from concurrent.futures import ThreadPoolExecutor
from urllib.parse import parse_qs, urlsplit

import pytest

from commands import requests
from handlers.guards import DEVICE_COOKIE
from handlers.login import BROWSER_COOKIE
from tests.cast import OWNER, STUDIO, UNVERIFIED, path_of

CALLBACK = "/auth/dropbox/callback"


def begin(browser, **form):
    answer = browser.post("/login", data=form)
    assert answer.status_code == 303, answer.text
    return answer.headers["location"]


def query_of(url):
    return {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}


def token_requests(sandbox):
    return sandbox.history(route="oauth2/token")


def rows(db, table):
    return db.conn.execute(f"select count(*) from {table}").fetchone()[0]


def cookie_headers(answer, name):
    return [value for value in answer.headers.get_list("set-cookie") if value.startswith(f"{name}=")]


def test_an_approved_person_signs_in_and_lands_where_they_wanted_to_go(cast, sandbox):
    cast.approve(STUDIO)
    browser = cast.browser()
    back = sandbox.decide(begin(browser, next="/workspaces?cursor=1"), STUDIO)
    answer = browser.get(path_of(back))
    assert (answer.status_code, answer.headers["location"]) == (303, "/workspaces?cursor=1")
    assert browser.get("/account").status_code == 200
    (cookie,) = cookie_headers(answer, DEVICE_COOKIE)
    for part in ("Secure", "HttpOnly", "Path=/", "SameSite=lax"):
        assert part in cookie
    assert "Domain" not in cookie and len(cookie) < 4096


def test_signed_in_people_are_not_asked_to_sign_in(cast):
    cast.approve(STUDIO)
    browser = cast.sign_in(STUDIO)
    assert browser.get("/login?next=/account").headers["location"] == "/account"


def test_oa_01_a_callback_without_its_state_or_browser_does_nothing(cast, sandbox, db):
    cast.approve(STUDIO)
    browser = cast.browser()
    back = path_of(sandbox.decide(begin(browser), STUDIO))
    code = query_of(back)["code"]
    state = query_of(back)["state"]
    for path in (
        CALLBACK,
        f"{CALLBACK}?code={code}",
        f"{CALLBACK}?code={code}&state={'A' if state[0] != 'A' else 'B'}{state[1:]}",
        f"{CALLBACK}?state=",
    ):
        answer = browser.get(path)
        assert answer.status_code == 400 and "nothing was done" in answer.text
    foreign = cast.browser()
    assert foreign.get(back).status_code == 400
    begin(foreign)
    assert foreign.get(back).status_code == 400
    assert token_requests(sandbox) == [] and rows(db, "devices") == 0
    assert browser.get(back).status_code == 303


def test_oa_02_a_state_is_used_once_and_dies_after_ten_minutes(cast, sandbox, db):
    cast.approve(STUDIO)
    browser = cast.browser()
    back = path_of(sandbox.decide(begin(browser), STUDIO))
    assert browser.get(back).status_code == 303
    assert browser.get(back).status_code == 400
    late = path_of(sandbox.decide(begin(browser), STUDIO))
    db.conn.execute("update oauth_states set expires_at = expires_at - 660000")
    assert browser.get(late).status_code == 400
    assert len(token_requests(sandbox)) == 1


def test_oa_03_the_challenge_is_s256_and_the_verifier_stays_on_the_server(cast):
    browser = cast.browser()
    answer = browser.post("/login", data={})
    query = query_of(answer.headers["location"])
    assert query["code_challenge_method"] == "S256" and len(query["code_challenge"]) == 43
    assert len(query["state"]) >= 22
    assert "verifier" not in str(answer.headers)


def test_oa_04_an_attackers_callback_signs_nobody_in_elsewhere(cast, sandbox):
    cast.approve(STUDIO)
    attacker, victim = cast.browser(), cast.browser()
    back = path_of(sandbox.decide(begin(attacker), STUDIO))
    assert victim.get(back).status_code == 400
    assert victim.get("/account").headers["location"].startswith("/login")


def test_oa_07_unknown_parameters_change_nothing(cast, sandbox):
    cast.approve(STUDIO)
    browser = cast.browser()
    back = path_of(sandbox.decide(begin(browser), STUDIO))
    answer = browser.get(f"{back}&iss=https://evil.example&purpose=setup&next=https://evil.example")
    assert answer.headers["location"] == "/"


def test_oa_08_the_redirect_address_never_comes_from_the_request(cast, settings):
    browser = cast.browser()
    hostile = {"x-forwarded-host": "evil.example", "x-forwarded-proto": "http", "forwarded": "host=evil.example"}
    location = browser.post("/login", data={}, headers=hostile).headers["location"]
    assert query_of(location)["redirect_uri"] == f"{settings.origin}{CALLBACK}"


def test_oa_09_a_code_of_one_flow_is_worth_nothing_in_another(cast, sandbox, db):
    cast.approve(STUDIO)
    mine, theirs = cast.browser(), cast.browser()
    stolen = query_of(sandbox.decide(begin(theirs), STUDIO))["code"]
    own = query_of(sandbox.decide(begin(mine), OWNER))["state"]
    answer = mine.get(f"{CALLBACK}?code={stolen}&state={own}")
    assert answer.headers["location"] == "/login" and rows(db, "devices") == 0


def test_oa_10_a_no_at_dropbox_is_one_calm_sentence_and_stores_nothing(cast, sandbox, db):
    browser = cast.browser()
    answer = browser.get(path_of(sandbox.decide(begin(browser, next="/account"), STUDIO, allow=False)))
    assert (answer.status_code, answer.headers["location"]) == (303, "/login?next=/account")
    page = browser.get("/login?next=/account")
    assert "the request was cancelled at Dropbox" in page.text and 'value="/account"' in page.text
    assert rows(db, "accounts") == 0 and token_requests(sandbox) == []


@pytest.mark.parametrize("error", ["server_error", "invalid_scope", "<script>alert(1)</script>"])
def test_oa_10_what_dropbox_describes_is_never_shown(cast, sandbox, error):
    browser = cast.browser()
    state = query_of(begin(browser))["state"]
    answer = browser.get(CALLBACK, params={"error": error, "error_description": "<script>evil", "state": state})
    assert answer.headers["location"] == "/login"
    page = browser.get("/login")
    assert "evil" not in page.text and "alert" not in page.text
    assert (
        "may not ask for what that needs" if error == "invalid_scope" else "did not answer as it should"
    ) in page.text


def test_oa_11_signing_in_asks_for_the_account_and_nothing_else(cast):
    query = query_of(begin(cast.browser()))
    assert query["scope"] == "account_info.read" and query["token_access_type"] == "offline"
    assert "force_reauthentication" not in query
    assert query_of(begin(cast.browser(), other="1"))["force_reauthentication"] == "true"


def test_oa_12_an_unverified_address_is_refused(cast):
    cast.approve(UNVERIFIED)
    browser = cast.sign_in(UNVERIFIED)
    page = browser.get("/login/refused")
    assert page.status_code == 403 and "has not verified your e-mail address" in page.text


def test_oa_12_a_second_account_with_the_approved_address_is_refused(cast, db):
    cast.approve(STUDIO)
    cast.sign_in(STUDIO)
    db.conn.execute("update access_requests set account_id = 'dbid:somebody-else-was-first'")
    browser = cast.sign_in(STUDIO)
    assert browser.get("/login/refused").status_code == 403
    assert browser.get("/account").status_code == 303


def test_oa_14_no_token_reaches_a_browser_or_the_database_in_clear(cast, sandbox, settings):
    cast.approve(STUDIO)
    browser = cast.sign_in(STUDIO)
    secrets = [value for grant in sandbox.grants(STUDIO) for value in grant.values() if isinstance(value, str)]
    tokens = [value for value in secrets if len(value) > 40 and not value.startswith("dbid:")]
    assert tokens
    files = [path.read_bytes() for path in settings.data_dir.rglob("*") if path.is_file()]
    for token in tokens:
        assert all(token.encode() not in content for content in files)
        assert token not in browser.get("/account").text


def test_oa_15_the_callback_answers_with_a_clean_address(cast, sandbox):
    cast.approve(STUDIO)
    browser = cast.browser()
    answer = browser.get(path_of(sandbox.decide(begin(browser), STUDIO)))
    assert answer.headers["location"] == "/" and answer.headers["referrer-policy"] == "same-origin"


def test_oa_17_of_many_callbacks_at_once_one_signs_in(cast, sandbox, db):
    cast.approve(STUDIO)
    browser = cast.browser()
    back = path_of(sandbox.decide(begin(browser), STUDIO))
    with ThreadPoolExecutor(8) as pool:
        codes = sorted(answer.status_code for answer in pool.map(lambda _: browser.get(back), range(20)))
    assert codes == [303] + [400] * 19
    assert rows(db, "devices") == 1 and len(token_requests(sandbox)) == 1


def test_oa_18_where_it_leads_is_neither_in_the_state_nor_in_the_address(cast):
    location = begin(cast.browser(), next="/workspaces/very-private")
    assert "very-private" not in location


def test_many_tabs_sign_in_side_by_side(cast, sandbox):
    cast.approve(STUDIO)
    browser = cast.browser()
    trips = [sandbox.decide(begin(browser, next=f"/account?tab={tab}"), STUDIO) for tab in range(4)]
    for tab in (2, 0, 3, 1):
        assert browser.get(path_of(trips[tab])).headers["location"] == f"/account?tab={tab}"


@pytest.mark.parametrize(
    "next_path", ["//evil.example", "https://evil.example", "/\\evil.example", "/a\r\nx: y", "javascript:x"]
)
def test_wb_10_only_a_path_of_this_site_is_gone_back_to(cast, sandbox, next_path):
    cast.approve(STUDIO)
    browser = cast.browser()
    assert "evil" not in browser.get("/login", params={"next": next_path}).text
    back = sandbox.decide(begin(browser, next=next_path), STUDIO)
    assert browser.get(path_of(back)).headers["location"] == "/"


def test_a_failed_exchange_comes_back_to_the_sign_in_page(cast, sandbox, db):
    cast.approve(STUDIO)
    browser = cast.browser()
    back = sandbox.decide(begin(browser), STUDIO)
    sandbox.fault("status", route="oauth2/token", status=500)
    assert browser.get(path_of(back)).headers["location"] == "/login"
    assert "Dropbox did not answer as it should" in browser.get("/login").text
    assert rows(db, "devices") == 0


def test_a_grant_whose_account_cannot_be_learned_is_handed_back(cast, sandbox, db):
    cast.approve(STUDIO)
    browser = cast.browser()
    back = sandbox.decide(begin(browser), STUDIO)
    sandbox.fault("status", route="users/get_current_account", status=500)
    assert browser.get(path_of(back)).headers["location"] == "/login"
    assert db.conn.execute("select kind from outbox").fetchall()[-1] == ("revoke_grant",)


@pytest.mark.parametrize(
    ("stands", "sentence", "offer"),
    [
        ("missing", "This account has no access yet", "Request access"),
        ("pending", "Your request is waiting", "Change your request"),
        ("denied", "Your request was not approved", "Request access again"),
        ("revoked", "Your access has ended", "Request access again"),
    ],
)
def test_a_refusal_says_who_came_how_their_request_stands_and_what_to_do(cast, sandbox, db, stands, sentence, offer):
    if stands != "missing":
        cast.client.post("/request-access", data={"email": STUDIO})
    if stands == "denied":
        cast.command(requests.deny, STUDIO)
    if stands == "revoked":
        cast.command(requests.approve, STUDIO)
        cast.command(requests.revoke, STUDIO)
    browser = cast.browser()
    answer = browser.get(path_of(sandbox.decide(begin(browser), STUDIO)))
    assert (answer.status_code, answer.headers["location"]) == (303, "/login/refused")
    for _ in range(2):
        page = browser.get("/login/refused")
        assert page.status_code == 403
        for words in (sentence, "Samir Studer", STUDIO, offer, "Use another account"):
            assert words in page.text
    assert f'value="{STUDIO}"' in browser.get("/request-access").text
    assert [rows(db, table) for table in ("accounts", "devices", "workspaces")] == [0, 0, 0]
    assert not cookie_headers(answer, DEVICE_COOKIE)


def test_a_refusal_turns_into_a_welcome_once_the_owner_approves(cast):
    cast.client.post("/request-access", data={"email": STUDIO})
    browser = cast.sign_in(STUDIO)
    assert browser.get("/login/refused").status_code == 403
    cast.approve(STUDIO)
    answer = browser.get("/login/refused")
    assert answer.headers["location"] == "/login"
    assert "has been approved" in browser.get("/login").text


def test_the_refusal_page_is_nothing_to_strangers_and_forgers(cast):
    browser = cast.browser()
    assert browser.get("/login/refused").headers["location"] == "/login"
    browser.cookies.set("__Host-refused", "forged")
    assert browser.get("/login/refused").headers["location"] == "/login"


def test_se_01_every_cookie_is_bound_to_this_host(cast, sandbox):
    browser = cast.browser()
    answers = [browser.post("/login", data={}), browser.post("/request-access", data={"email": STUDIO})]
    answers.append(browser.get(path_of(sandbox.decide(answers[0].headers["location"], STUDIO))))
    cookies = [cookie for answer in answers for cookie in answer.headers.get_list("set-cookie")]
    assert len(cookies) >= 3
    for cookie in cookies:
        assert cookie.startswith("__Host-") and "Secure" in cookie and "HttpOnly" in cookie and "SameSite=lax" in cookie


def test_se_02_what_the_database_holds_signs_nobody_in(cast, db):
    cast.approve(STUDIO)
    browser = cast.sign_in(STUDIO)
    (stored,) = db.conn.execute("select secret_hash from devices").fetchone()
    assert browser.cookies[DEVICE_COOKIE] != stored
    thief = cast.browser()
    thief.cookies.set(DEVICE_COOKIE, stored)
    assert thief.get("/account").status_code == 303


def test_se_03_a_planted_or_former_device_is_dead_after_signing_in(cast, sandbox):
    cast.approve(STUDIO)
    browser = cast.browser()
    browser.cookies.set(DEVICE_COOKIE, "A" * 43)
    cast.sign_in(STUDIO, browser)
    first = [cookie.value for cookie in browser.cookies.jar if cookie.name == DEVICE_COOKIE and cookie.secure]
    again = cast.browser()
    again.cookies.set(DEVICE_COOKIE, first[0])
    cast.sign_in(STUDIO, again)
    replay = cast.browser()
    for value in ("A" * 43, first[0]):
        replay.cookies.set(DEVICE_COOKIE, value)
        assert replay.get("/account").status_code == 303


def test_se_06_signing_out_ends_the_device_on_the_server(cast):
    cast.approve(STUDIO)
    browser = cast.sign_in(STUDIO)
    secret = browser.cookies[DEVICE_COOKIE]
    assert browser.get("/account").headers["cache-control"] == "no-store"
    answer = browser.post("/logout")
    assert answer.headers["location"] == "/" and "Max-Age=0" in cookie_headers(answer, DEVICE_COOKIE)[0]
    replay = cast.browser()
    replay.cookies.set(DEVICE_COOKIE, secret)
    assert replay.get("/account").status_code == 303


@pytest.mark.parametrize(
    "cookie",
    [
        f"{DEVICE_COOKIE}=a; {DEVICE_COOKIE}=b",
        f"{DEVICE_COOKIE}=" + "x" * 5000,
        f"{DEVICE_COOKIE}=\x01\x02",
        f'{DEVICE_COOKIE}="unclosed',
        f"{BROWSER_COOKIE}=forged; {DEVICE_COOKIE}=",
    ],
)
def test_se_09_odd_cookies_are_anonymous_and_no_error(cast, cookie):
    browser = cast.browser()
    assert browser.get("/account", headers={"cookie": cookie}).status_code == 303
    assert browser.get("/", headers={"cookie": cookie}).status_code == 200
    assert browser.get(f"{CALLBACK}?state=x&code=y", headers={"cookie": cookie}).status_code == 400


def test_se_10_a_device_is_never_taken_from_anywhere_but_the_cookie(cast):
    cast.approve(STUDIO)
    secret = cast.sign_in(STUDIO).cookies[DEVICE_COOKIE]
    stranger = cast.browser()
    assert stranger.get(f"/account?{DEVICE_COOKIE}={secret}").status_code == 303
    assert stranger.get("/account", headers={"authorization": f"Bearer {secret}"}).status_code == 303


def test_wb_02_a_sign_in_is_begun_from_our_own_pages_only(cast):
    browser = cast.browser()
    for site in ("cross-site", "same-site", "none"):
        assert browser.post("/login", data={}, headers={"sec-fetch-site": site}).status_code == 403


def test_the_sign_in_page_may_send_its_form_on_to_dropbox(cast, sandbox):
    policy = cast.browser().get("/login").headers["content-security-policy"]
    assert f"form-action 'self' {sandbox.url};" in policy


def test_a_person_without_a_session_is_sent_to_sign_in_and_back(cast):
    browser = cast.browser()
    assert browser.get("/account?x=1").headers["location"] == "/login?next=/account%3Fx%3D1"
    assert browser.post("/account/devices/sign-out-others").headers["location"] == "/login"
