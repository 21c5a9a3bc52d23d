"""The set-up link through the real round trip: whoever signs in through it first owns the site."""

import pytest
from starlette.testclient import TestClient

from app import create_app
from store import migrations, setup_links
from store.connect import DATABASE_FILE, immediate, open_connection
from tests.cast import AGENCY, SAME_ORIGIN, STUDIO, Cast, now_ms, path_of


@pytest.fixture
def unowned(settings):
    """Settings that name no owner, and the link that the first start printed."""
    ours = settings.model_copy(update={"owner_dropbox_account_id": None})
    db = open_connection(ours.data_dir / DATABASE_FILE, checkpoints=True)
    migrations.migrate(db)
    with immediate(db):
        link = setup_links.ensure(db, data_dir=ours.data_dir, owner_known=False, now=now_ms())
    db.conn.close()
    return ours, link


@pytest.fixture
def cast(unowned, sandbox):
    ours, _ = unowned
    with TestClient(create_app(ours), base_url=ours.origin, headers=SAME_ORIGIN, follow_redirects=False) as running:
        yield Cast(sandbox, ours, running)


def claim(cast, link, email, *, allow=True):
    browser = cast.browser()
    answer = browser.post(f"/setup/{link}")
    assert answer.status_code == 303, answer.text
    return browser, browser.get(path_of(cast.sandbox.decide(answer.headers["location"], email, allow=allow)))


def test_whoever_signs_in_through_the_link_owns_the_site(cast, unowned):
    settings, link = unowned
    page = cast.browser().get(f"/setup/{link}")
    assert page.status_code == 200 and "Make this site yours" in page.text
    assert page.headers["cache-control"] == "no-store"
    browser, answer = claim(cast, link, STUDIO)
    assert answer.headers["location"] == "/"
    assert browser.get("/admin/requests").status_code == 200
    assert not (settings.data_dir / "setup-link").exists()


def test_a_used_link_is_gone(cast, unowned):
    _, link = unowned
    claim(cast, link, STUDIO)
    for answer in (cast.browser().get(f"/setup/{link}"), cast.browser().post(f"/setup/{link}")):
        assert answer.status_code == 410 and "was used on" in answer.text


def test_the_link_is_used_up_only_by_a_sign_in_that_succeeds(cast, unowned):
    settings, link = unowned
    browser, answer = claim(cast, link, STUDIO, allow=False)
    assert answer.headers["location"] == "/login"
    assert "open the set-up link again" in browser.get("/login").text
    assert cast.browser().get(f"/setup/{link}").status_code == 200 and (settings.data_dir / "setup-link").exists()
    claim(cast, link, STUDIO)


def test_of_two_who_begin_the_first_to_finish_owns_and_the_other_keeps_nothing(cast, unowned):
    _, link = unowned
    slow = cast.browser()
    location = slow.post(f"/setup/{link}").headers["location"]
    owner, _ = claim(cast, link, STUDIO)
    answer = slow.get(path_of(cast.sandbox.decide(location, AGENCY)))
    assert answer.status_code == 410
    assert slow.get("/account").status_code == 303 and owner.get("/admin/requests").status_code == 200
    db = cast.db()
    assert db.conn.execute("select count(*) from accounts").fetchone() == (1,)
    assert db.conn.execute("select count(*) from outbox where kind = 'revoke_grant'").fetchone()[0] >= 1
    db.conn.close()


@pytest.mark.parametrize("token", ["unknown", "A" * 43, "%00"])
def test_an_unknown_link_is_not_found(cast, token):
    assert cast.browser().get(f"/setup/{token}").status_code == 404
    assert cast.browser().post(f"/setup/{token}").status_code == 404


def test_an_ordinary_sign_in_does_not_make_an_owner(cast):
    browser = cast.sign_in(STUDIO)
    assert browser.get("/login/refused").status_code == 403


def test_the_link_is_worth_nothing_where_the_settings_name_an_owner(settings, unowned):
    _, link = unowned
    with TestClient(create_app(settings), base_url=settings.origin, headers=SAME_ORIGIN) as running:
        answer = running.get(f"/setup/{link}")
    assert answer.status_code == 410 and "the site has an owner" in answer.text


def test_ar_04_the_link_is_in_no_log(cast, unowned, capfd, caplog):
    _, link = unowned
    cast.browser().get(f"/setup/{link}")
    claim(cast, link, STUDIO)
    out, err = capfd.readouterr()
    assert "/setup/" in out + err + caplog.text
    assert link not in out + err + caplog.text
