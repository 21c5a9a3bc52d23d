"""The authorize page: whom it asks, whom it redirects, and where each mistake ends up."""

from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from sandbox.apps import DEFAULT_APP_KEY, DEFAULT_APP_SECRET
from tests.sandbox.conftest import STUDIO
from tests.sandbox_server import REDIRECT_URI

CHALLENGE = "c" * 43


@pytest.fixture(autouse=True)
def registered(sandbox):
    sandbox.add_app(redirect_uris=[REDIRECT_URI, "http://127.0.0.1:1/other?fixed=1"])


@pytest.fixture
def visitor(sandbox):
    with requests.Session() as session:
        session.trust_env = False
        yield session


def answer_of(location: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(location).query, keep_blank_values=True).items()}


def decide(visitor, url, decision, person=STUDIO):
    return visitor.post(url, data={"person": person, "decision": decision}, allow_redirects=False, timeout=10)


def test_the_page_names_the_app_its_folder_and_what_it_wants(sandbox, visitor):
    page = visitor.get(sandbox.authorize_url(scope="account_info.read files.content.write"), timeout=10)
    assert page.status_code == 200
    for text in ("Clementine", "/Apps/Clementine", "See your name", "Add, change and delete files", STUDIO, "Deny"):
        assert text in page.text
    assert "Read what is in your files" not in page.text


def test_the_page_lets_its_form_redirect_to_the_app(sandbox, visitor):
    policy = visitor.get(sandbox.authorize_url(), timeout=10).headers["content-security-policy"]
    assert "form-action" not in policy
    assert "script-src 'self'" in policy


def test_allow_redirects_with_a_code_and_the_state_word_for_word(sandbox, visitor):
    state = "a b&c=d|é%20+"
    sent = decide(visitor, sandbox.authorize_url(state=state), "allow")
    assert sent.status_code == 302
    assert sent.headers["location"].startswith(REDIRECT_URI + "?")
    answer = answer_of(sent.headers["location"])
    assert answer["state"] == state
    assert len(answer["code"]) > 20


def test_deny_redirects_with_access_denied(sandbox, visitor):
    answer = answer_of(decide(visitor, sandbox.authorize_url(), "deny").headers["location"])
    assert answer["error"] == "access_denied"
    assert answer["error_description"]
    assert answer["state"] == "s"


def test_a_redirect_uri_keeps_the_query_it_was_registered_with(sandbox):
    location = sandbox.decide(sandbox.authorize_url("http://127.0.0.1:1/other?fixed=1"), STUDIO)
    assert answer_of(location)["fixed"] == "1"
    assert answer_of(location)["code"]


@pytest.mark.parametrize(
    "uri",
    [
        "http://127.0.0.1:1/callback/",
        "http://127.0.0.1:2/callback",
        "http://localhost:1/callback",
        "https://evil.example/",
    ],
)
def test_any_other_redirect_uri_gets_an_error_page_and_no_redirect(sandbox, visitor, uri):
    page = visitor.get(sandbox.authorize_url(uri), allow_redirects=False, timeout=10)
    assert page.status_code == 400
    assert "location" not in page.headers
    assert "Invalid redirect_uri" in page.text


def test_an_unknown_client_id_gets_an_error_page_and_no_redirect(sandbox, visitor):
    page = visitor.get(sandbox.authorize_url(key="nobody"), allow_redirects=False, timeout=10)
    assert page.status_code == 400
    assert "Invalid client_id" in page.text


@pytest.mark.parametrize(
    ("query", "error"),
    [
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"scope": "files.content.read team_data.member"}, "invalid_scope"),
        ({"token_access_type": "legacy"}, "invalid_request"),
        ({"state": "é" * 251}, "invalid_request"),
        ({"code_challenge": "short", "code_challenge_method": "S256"}, "invalid_request"),
        ({"code_challenge": CHALLENGE, "code_challenge_method": "S512"}, "invalid_request"),
        ({"code_challenge_method": "S256"}, "invalid_request"),
        ({"include_granted_scopes": "user"}, "invalid_request"),
        ({"include_granted_scopes": "team", "scope": "account_info.read"}, "invalid_request"),
    ],
)
def test_other_mistakes_are_told_to_the_app(sandbox, visitor, query, error):
    sent = visitor.get(sandbox.authorize_url(**query), allow_redirects=False, timeout=10)
    assert sent.status_code == 302
    answer = answer_of(sent.headers["location"])
    assert answer["error"] == error
    assert answer["state"] == query.get("state", "s")


def test_a_parameter_given_twice_is_a_mistake(sandbox, visitor):
    sent = visitor.get(sandbox.authorize_url() + "&scope=a&scope=b", allow_redirects=False, timeout=10)
    assert answer_of(sent.headers["location"])["error"] == "invalid_request"


def test_who_allowed_before_is_redirected_without_a_page(sandbox, visitor):
    url = sandbox.authorize_url(scope="account_info.read files.content.write")
    first = decide(visitor, url, "allow")
    sandbox.token(
        grant_type="authorization_code",
        client_id=DEFAULT_APP_KEY,
        client_secret=sandbox.control("GET", "apps")[0]["secret"],
        redirect_uri=REDIRECT_URI,
        code=answer_of(first.headers["location"])["code"],
    )
    fewer = sandbox.authorize_url(scope="account_info.read")
    again = visitor.get(fewer, allow_redirects=False, timeout=10)
    assert again.status_code == 302
    assert answer_of(again.headers["location"])["code"]
    for asks in (
        sandbox.authorize_url(scope="account_info.read files.content.read"),
        fewer + "&force_reapprove=true",
        fewer + "&force_reauthentication=true",
    ):
        assert visitor.get(asks, allow_redirects=False, timeout=10).status_code == 200
    with requests.Session() as other_visitor:
        other_visitor.trust_env = False
        assert other_visitor.get(fewer, allow_redirects=False, timeout=10).status_code == 200


def test_reauthentication_asks_again_who_it_is(sandbox, visitor):
    sandbox.link(STUDIO)
    decide(visitor, sandbox.authorize_url(), "allow")
    assert "checked" in visitor.get(sandbox.authorize_url(force_reapprove="true"), timeout=10).text
    assert "checked" not in visitor.get(sandbox.authorize_url(force_reauthentication="true"), timeout=10).text


def test_disconnecting_the_app_brings_the_page_back(sandbox, visitor):
    sandbox.link(STUDIO)
    decide(visitor, sandbox.authorize_url(), "allow")
    assert visitor.get(sandbox.authorize_url(), allow_redirects=False, timeout=10).status_code == 302
    sandbox.revoke(STUDIO, DEFAULT_APP_KEY)
    assert visitor.get(sandbox.authorize_url(), allow_redirects=False, timeout=10).status_code == 200


def test_allow_without_a_person_asks_again(sandbox, visitor):
    page = decide(visitor, sandbox.authorize_url(), "allow", person="nobody@example.com")
    assert page.status_code == 422
    assert "Choose who you are" in page.text


def test_another_site_cannot_send_the_form(sandbox, visitor):
    for headers in (
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "http://evil.example"},
    ):
        form = {"person": STUDIO, "decision": "allow"}
        refused = visitor.post(sandbox.authorize_url(), data=form, headers=headers, allow_redirects=False, timeout=10)
        assert refused.status_code == 403


def test_without_a_redirect_uri_the_code_is_shown_to_be_copied(sandbox, visitor):
    url = f"{sandbox.url}/oauth2/authorize?response_type=code&client_id={DEFAULT_APP_KEY}"
    page = decide(visitor, url, "allow")
    assert page.status_code == 200
    assert "works once" in page.text


def test_included_scopes_are_added_to_those_granted_before(sandbox):
    sandbox.link(STUDIO, scopes="account_info.read")
    url = sandbox.authorize_url(scope="files.content.write", include_granted_scopes="user")
    code = answer_of(sandbox.decide(url, STUDIO))["code"]
    credentials = {"client_id": DEFAULT_APP_KEY, "client_secret": DEFAULT_APP_SECRET}
    redeemed = sandbox.token(grant_type="authorization_code", code=code, redirect_uri=REDIRECT_URI, **credentials)
    assert redeemed.json()["scope"] == "account_info.read files.content.write"
    with sandbox.sdk(redeemed.json()["access_token"]) as client:
        assert client.users_get_current_account().email == STUDIO
        assert client.files_upload(b"x", "/a").size == 1


def test_there_is_nothing_to_include_for_who_never_linked_the_app(sandbox):
    url = sandbox.authorize_url(scope="files.content.write", include_granted_scopes="user")
    assert answer_of(sandbox.decide(url, STUDIO))["error"] == "invalid_request"


def test_an_app_in_development_links_no_more_people_than_its_limit(sandbox, visitor):
    sandbox.add_app(user_limit=1)
    sandbox.link(STUDIO)
    sandbox.link(STUDIO)
    page = decide(visitor, sandbox.authorize_url(), "allow", person="agency@example.com")
    assert (page.status_code, "user limit" in page.text, "location" in page.headers) == (403, True, False)
    with pytest.raises(AssertionError, match="user limit"):
        sandbox.decide(sandbox.authorize_url(), "agency@example.com")
    sandbox.add_app(status="production")
    assert "code" in answer_of(sandbox.decide(sandbox.authorize_url(), "agency@example.com"))


def test_who_has_allowed_but_not_come_back_yet_counts_for_the_limit(sandbox):
    sandbox.add_app(user_limit=1)
    for _ in range(2):
        assert "code" in answer_of(sandbox.decide(sandbox.authorize_url(), STUDIO))
    with pytest.raises(AssertionError, match="user limit"):
        sandbox.decide(sandbox.authorize_url(), "agency@example.com")
    sandbox.move_clock(301)
    assert "code" in answer_of(sandbox.decide(sandbox.authorize_url(), "agency@example.com"))
