"""Trouble made by hand in a browser: what each switch does to a client, and that only our own pages may turn it."""

import re

import pytest
import requests
from dropbox.exceptions import ApiError, AuthError, InternalServerError, RateLimitError
from playwright.sync_api import expect

from sandbox.apps import DEFAULT_APP_KEY
from tests.sandbox.conftest import STUDIO
from tests.sandbox_server import REDIRECT_URI

MINE = f"/trouble?person={STUDIO}"


@pytest.fixture
def press(sandbox, new_page):
    """Presses a button of the trouble page of studio@example.com, or of another; without JavaScript."""
    page = new_page(base_url=sandbox.url, javascript=False, allow=("status of 503",))

    def act(button: str, where: str = MINE):
        page.goto(where)
        page.get_by_role("button", name=button, exact=True).click()
        return page

    return act


def test_no_space_is_left_until_it_is_given_back(sandbox, studio, press):
    sandbox.set_quota(STUDIO, 5000)
    studio.files_upload(b"x" * 100, "/a")
    page = press("Switch on Storage full")
    expect(page.get_by_role("button", name="Switch off Storage full")).to_be_visible()
    with pytest.raises(ApiError) as refused:
        studio.files_upload(b"y", "/b")
    assert refused.value.error.get_path().reason.is_insufficient_space()
    usage = studio.users_get_space_usage()
    assert usage.used == usage.allocation.get_individual().allocated == 100
    press("Switch off Storage full")
    assert studio.users_get_space_usage().allocation.get_individual().allocated == 5000
    studio.files_upload(b"y", "/b")


def test_space_that_is_full_for_everybody_is_full_twice_and_given_back_once(sandbox, studio, press):
    press("Switch on Storage full", "/trouble")
    requests.post(f"{sandbox.url}/trouble/storage-full", data={"person": STUDIO, "on": "yes"}, timeout=10)
    press("Switch off Storage full", "/trouble")
    assert studio.users_get_space_usage().allocation.get_individual().allocated == 2 * 1024**4


def test_a_minute_of_rate_limit_tells_how_long_it_lasts(sandbox, studio, press):
    page = press("Switch on Rate limit for a minute")
    expect(page.get_by_text(re.compile(r"^\d+ s left$"))).to_be_visible()
    with pytest.raises(RateLimitError) as limited:
        studio.users_get_current_account()
    assert 50 <= limited.value.backoff <= 60
    with sandbox.client("agency@example.com") as agency:
        agency.users_get_current_account()


def test_when_dropbox_is_down_even_the_authorize_page_is(sandbox, studio, press, new_page):
    sandbox.add_app(redirect_uris=[REDIRECT_URI])
    page = press("Switch on Dropbox down", "/trouble")
    with pytest.raises(InternalServerError):
        studio.users_get_current_account()
    assert sandbox.token(grant_type="refresh_token").status_code == 503
    page.goto(sandbox.authorize_url())
    expect(page.get_by_role("heading", name="Dropbox is down")).to_be_visible()
    page.goto("/trouble")
    page.get_by_role("button", name="Switch off Dropbox down").click()
    studio.users_get_current_account()
    page.goto(sandbox.authorize_url())
    expect(page.get_by_role("heading", name="Clementine asks for access")).to_be_visible()


def test_every_second_answer_is_lost_and_the_work_is_done(sandbox, studio, press):
    press("Switch on Every second answer lost")
    studio.files_upload(b"x", "/1")
    with pytest.raises(requests.exceptions.ConnectionError):
        studio.files_upload(b"x", "/2")
    assert len(sandbox.files(STUDIO)) == 2


def test_revoke_now_ends_every_grant_and_says_how_many(sandbox, studio, press):
    page = press("Revoke now")
    expect(page.get_by_role("status")).to_have_text("1 connected apps were disconnected.")
    with pytest.raises(AuthError) as refused:
        studio.users_get_current_account()
    assert refused.value.error.is_invalid_access_token()


def test_access_tokens_expire_and_refresh_tokens_do_not(sandbox, press):
    linked = sandbox.link(STUDIO)
    press("Expire them now", "/trouble")
    with sandbox.sdk(linked["access_token"]) as client, pytest.raises(AuthError) as refused:
        client.users_get_current_account()
    assert refused.value.error.is_expired_access_token()
    form = {"grant_type": "refresh_token", "refresh_token": linked["refresh_token"], "client_id": DEFAULT_APP_KEY}
    assert sandbox.token(**form).ok


def test_rules_of_tests_are_seen_and_ended_here(sandbox, press, new_page):
    sandbox.fault(route="files/upload", status=502, path="/Gala/*", note="a bad gateway")
    sandbox.fault("drop", route="files/*", when="after", person=STUDIO)
    page = press("Switch on Slow")
    expect(page.get_by_text("a bad gateway", exact=True)).to_be_visible()
    expect(page.get_by_text("/Gala/*")).to_be_visible()
    page.get_by_role("button", name=re.compile("^End a bad gateway, rule ")).click()
    assert [rule["kind"] for rule in sandbox.faults()] == ["drop", "slow"]
    page.get_by_role("button", name="End all of them").click()
    assert sandbox.faults() == []
    expect(page.get_by_text("No fault is in force")).to_be_visible()


@pytest.mark.parametrize("path", ["down", "revoke", "rules/end"])
def test_another_site_turns_nothing(sandbox, studio, path):
    sandbox.fault(route="nothing")
    answer = requests.post(
        f"{sandbox.url}/trouble/{path}", data={"on": "yes"}, headers={"Sec-Fetch-Site": "cross-site"}, timeout=10
    )
    assert answer.status_code == 403
    assert len(sandbox.faults()) == len(sandbox.grants(STUDIO)) == 1


@pytest.mark.parametrize("path", ["/trouble?person=nobody@example.com", "/calls?person=nobody@example.com"])
def test_a_person_whom_nobody_knows_is_a_404_page(sandbox, path):
    assert requests.get(sandbox.url + path, timeout=10).status_code == 404


def test_a_switch_that_does_not_exist_is_a_404_page(sandbox):
    assert requests.post(f"{sandbox.url}/trouble/nothing", data={"on": "yes"}, timeout=10).status_code == 404
