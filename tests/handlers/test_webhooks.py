"""Dropbox's notices: challenged, signed, coalesced, and looked into before long (WH-01 to WH-03)."""

import hashlib
import hmac
import json
import time

import pytest
from httpx2 import Response
from starlette.testclient import TestClient

from store import notices, verifications
from store.connect import immediate, rows
from tests.cast import STUDIO, now_ms
from tests.conftest import APP_KEY, APP_SECRET
from tests.handlers.studio import Studio, until

PATH = "/webhooks/dropbox"


def notify(client: TestClient, body: bytes, signature: str | None = None, secret: str = APP_SECRET) -> Response:
    signature = hmac.digest(secret.encode(), body, hashlib.sha256).hex() if signature is None else signature
    # As Dropbox sends it: from no page of ours.
    headers = {"x-dropbox-signature": signature, "content-type": "application/json", "sec-fetch-site": "none"}
    return client.post(PATH, content=body, headers=headers)


def body(*accounts: str) -> bytes:
    return json.dumps({"list_folder": {"accounts": accounts}, "delta": {"users": [1]}}).encode()


def noted(studio: Studio) -> bool:
    return studio.connection()["noticed_at"] is not None


def test_wh_02_the_challenge_is_said_back_as_text_that_no_browser_makes_a_page_of(client: TestClient):
    answer = client.get(PATH, params={"challenge": "<script>alert(1)</script>"})
    assert (answer.status_code, answer.text) == (200, "<script>alert(1)</script>")
    assert answer.headers["content-type"].startswith("text/plain")
    assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("challenge", ["", "x" * 1025])
def test_wh_02_an_odd_challenge_is_refused(client: TestClient, challenge: str):
    assert client.get(PATH, params={"challenge": challenge}).status_code == 400


@pytest.mark.parametrize("signature", ["", "0" * 64, "é", "short"])
def test_wh_01_what_dropbox_has_not_signed_does_nothing(studio: Studio, client: TestClient, signature: str):
    studio.connect()
    told = body(studio.account_id)
    headers = [(b"x-dropbox-signature", signature.encode("latin-1"))]
    assert client.post(PATH, content=told, headers=headers).status_code == 403
    assert not noted(studio)


def test_wh_01_another_apps_secret_and_an_altered_body_do_nothing(studio: Studio, client: TestClient):
    studio.connect()
    told = body(studio.account_id)
    assert notify(client, told, secret="another").status_code == 403
    good = hmac.digest(APP_SECRET.encode(), told, hashlib.sha256).hex()
    assert notify(client, told + b" ", good).status_code == 403
    assert not noted(studio)


def test_wh_01_a_large_body_is_refused_before_it_is_read(client: TestClient):
    assert notify(client, b"x" * 65_537).status_code == 413


@pytest.mark.parametrize(
    "told", [b"", b"[]", b"{}", b"not json", b'{"list_folder": {"accounts": [1, null]}}', b"[" * 9999]
)
def test_a_signed_notice_of_something_else_does_no_harm(client: TestClient, told: bytes):
    assert notify(client, told).status_code in (200, 400)


def test_wh_03_a_notice_is_answered_at_once_and_replays_and_strangers_write_nothing(studio: Studio, client: TestClient):
    studio.connect()
    began = time.monotonic()
    assert notify(client, body(studio.account_id, "dbid:unknown")).status_code == 200
    assert time.monotonic() - began < 1
    with immediate(studio.db):
        notices.note(studio.db, [studio.account_id], now=1)
    until(lambda: not noted(studio))
    assert notify(client, body(*[f"dbid:{number}" for number in range(1500)])).status_code == 200
    assert not notices.is_news(studio.db, ["dbid:unknown"])
    assert not noted(studio)


def test_a_notice_has_the_exporting_projects_verified_soon_but_seldom(studio: Studio, client: TestClient):
    studio.connect()
    studio.switch("on")
    now = now_ms()
    with immediate(studio.db):
        notices.note(studio.db, [studio.account_id], now=now)
        assert notices.heed(studio.db, now=now) == 1
    row = rows(studio.db, "select * from verifications")[0]
    assert (row["reason"], row["due_at"]) == ("notice", now + notices.SOON_MS)
    assert verifications.latest(studio.db, studio.project_id) is None  # nobody asked, so nothing is shown yet
    studio.db.conn.execute("update verifications set state = 'done', finished_at = 1")
    with immediate(studio.db):
        notices.note(studio.db, [studio.account_id], now=now)
        notices.heed(studio.db, now=now + 1000)
    again = rows(studio.db, "select due_at from verifications where state = 'waiting'")
    assert again == [{"due_at": now + notices.SELDOM_MS}]


def test_a_person_who_takes_the_grant_back_is_noticed_without_any_export(studio: Studio, client: TestClient):
    studio.connect()
    studio.switch("on")
    studio.sandbox.revoke(STUDIO)
    assert notify(client, body(studio.account_id)).status_code == 200
    until(lambda: rows(studio.db, "select 1 as one from verifications") != [])
    studio.db.conn.execute("update verifications set due_at = 1")
    until(lambda: studio.connection()["status"] == "needs_reauth")


def test_a_deletion_in_dropbox_is_found_after_its_notice(studio: Studio, client: TestClient):
    studio.connect()
    studio.switch("on")
    studio.push("job-1")
    until(lambda: studio.states() == ["exported"])
    path = str(rows(studio.db, "select destination_path from exports")[0]["destination_path"])
    scopes = "account_info.read files.content.write files.metadata.read"
    studio.sandbox.client(STUDIO, scopes, APP_KEY).files_delete_v2(path)
    notify(client, body(studio.account_id))
    until(lambda: rows(studio.db, "select 1 as one from verifications") != [])
    studio.db.conn.execute("update verifications set due_at = 1")
    until(lambda: rows(studio.db, "select missing from verifications where state = 'done'") == [{"missing": 1}])


def test_an_asked_for_verification_does_not_wait_for_a_notices_time(studio: Studio):
    studio.connect()
    studio.switch("on")
    now = now_ms()
    with immediate(studio.db):
        notices.note(studio.db, [studio.account_id], now=now)
        notices.heed(studio.db, now=now + 3_600_000)
    studio.owner.post(f"/projects/{studio.project_id}/verification")
    assert verifications.latest(studio.db, studio.project_id) is not None
    until(lambda: rows(studio.db, "select state from verifications") == [{"state": "done"}])
