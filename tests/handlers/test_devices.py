"""The account page: one's devices, and signing out one or all others (SE-05)."""

import re

import pytest

from tests.cast import AGENCY, STUDIO

PHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 26_0 like Mac OS X) AppleWebKit/605 Version/26.0 Safari/604.1"


@pytest.fixture
def two(cast):
    """A laptop and a phone of the same person."""
    cast.approve(STUDIO)
    phone = cast.browser()
    phone.headers["user-agent"] = PHONE
    return cast.sign_in(STUDIO), cast.sign_in(STUDIO, phone)


def device_ids(browser):
    return re.findall(r"/account/devices/([\w-]+)/sign-out\"", browser.get("/account").text)


def test_devices_are_named_in_plain_words_this_one_first(two):
    laptop, phone = two
    page = laptop.get("/account").text
    assert page.index("This device") < page.index("Safari on iPhone")
    assert phone.get("/account").text.index("Safari on iPhone") < phone.get("/account").text.index("A browser")
    assert STUDIO in page and "Samir Studer" in page


def test_one_device_is_signed_out_and_knows_it_at_its_next_request(two):
    laptop, phone = two
    theirs = device_ids(laptop)[1]
    answer = laptop.post(f"/account/devices/{theirs}/sign-out")
    assert answer.headers["location"] == "/account"
    assert phone.get("/account").status_code == 303 and laptop.get("/account").status_code == 200
    assert laptop.post(f"/account/devices/{theirs}/sign-out").status_code == 404


def test_signing_this_device_out_leads_to_the_start_page(two):
    laptop, phone = two
    answer = laptop.post(f"/account/devices/{device_ids(laptop)[0]}/sign-out")
    assert answer.headers["location"] == "/"
    assert laptop.get("/account").status_code == 303 and phone.get("/account").status_code == 200


def test_all_others_are_signed_out_at_once(cast, two):
    laptop, phone = two
    third = cast.sign_in(STUDIO)
    answer = laptop.post("/account/devices/sign-out-others")
    assert answer.headers["location"] == "/account"
    assert "2 other devices are signed out." in laptop.get("/account").text
    assert phone.get("/account").status_code == third.get("/account").status_code == 303
    assert "Sign out all others" not in laptop.get("/account").text


def test_nobody_signs_out_other_peoples_devices(cast, two):
    laptop, _ = two
    cast.approve(AGENCY)
    other = cast.sign_in(AGENCY)
    for device_id in (device_ids(laptop)[0], "unknown"):
        assert other.post(f"/account/devices/{device_id}/sign-out").status_code == 404
    assert laptop.get("/account").status_code == 200


def test_a_get_signs_nobody_out(two):
    laptop, phone = two
    for path in (f"/account/devices/{device_ids(laptop)[1]}/sign-out", "/account/devices/sign-out-others", "/logout"):
        assert laptop.get(path).status_code in (404, 405)
    assert phone.get("/account").status_code == 200


def test_a_user_agent_is_shown_as_text(cast):
    cast.approve(STUDIO)
    browser = cast.browser()
    browser.headers["user-agent"] = "<script>alert(1)</script>/1.0"
    assert "<script>alert" not in cast.sign_in(STUDIO, browser).get("/account").text


def test_signing_out_and_signing_in_are_audited(two, db):
    laptop, _ = two
    laptop.post("/account/devices/sign-out-others")
    laptop.post("/logout")
    actions = [row[0] for row in db.conn.execute("select action from audit where action like '%signed%' order by id")]
    assert actions == ["account.signed_in", "account.signed_in", "device.others_signed_out", "account.signed_out"]
