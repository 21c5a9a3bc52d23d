"""The outbox is emptied: mails and revocations go out once, failures wait on the curve and are shown."""

import base64
from collections.abc import AsyncIterator

import pytest
from pydantic import SecretStr

from clients.dropbox_oauth import LOGIN_SCOPES, DropboxOAuth, challenge_of
from rules.retry import MAX_ATTEMPTS
from scheduler.outbox import deliver_due
from store import mails, migrations, outbox
from store.connect import DATABASE_FILE, open_connection
from store.database import Database
from tests.cast import path_of
from tests.resend_server import resend_server

NOW = 1_770_000_000_000
STUDIO = "studio@example.com"
pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
async def database(settings) -> AsyncIterator[Database]:
    connection = open_connection(settings.data_dir / DATABASE_FILE, checkpoints=True)
    migrations.migrate(connection)
    connection.conn.close()
    opened = Database(settings.data_dir / DATABASE_FILE)
    yield opened
    await opened.close()


@pytest.fixture
def resend():
    with resend_server() as server:
        yield server


@pytest.fixture
def with_mail(settings, resend):
    update = {"resend_api_key": SecretStr("re_x"), "mail_from": "a@example.com", "resend_url": resend.origin}
    return settings.model_copy(update=update)


async def add_mail(database, settings, **more):
    words = {"to": "ada@example.com", "subject": "Hello", "text": "Words", "html": "<p>Words</p>"}
    return await database.write(outbox.add_mail, **words, keyring=settings.keyring, now=NOW, sent=True, **more)


async def only_mail(database, settings):
    (mail,) = await database.read(mails.listed, settings.keyring)
    return mail


def grant_of(oauth, sandbox):
    verifier = "v" * 43
    url = oauth.authorize_url(state="s", challenge=challenge_of(verifier), scopes=LOGIN_SCOPES)
    code = path_of(sandbox.decide(url, STUDIO)).split("code=")[1].split("&")[0]
    return oauth.exchange(code, verifier).refresh_token


async def add_revocation(database, settings, token):
    return await database.write(outbox.add_revocation, refresh_token=token, keyring=settings.keyring, now=NOW)


async def test_a_mail_goes_out_once_under_the_rows_own_key(database, with_mail, resend):
    row_id = await add_mail(database, with_mail)
    assert await deliver_due(database, with_mail, DropboxOAuth(with_mail), now=NOW) == 1
    assert await deliver_due(database, with_mail, DropboxOAuth(with_mail), now=NOW + 10**9) == 0
    (mail,) = resend.mails
    assert (mail["to"], mail["subject"], mail["key"]) == (["ada@example.com"], "Hello", row_id)
    assert (await only_mail(database, with_mail)).state == "done"


async def test_a_mail_that_is_not_due_waits(database, with_mail, resend):
    await add_mail(database, with_mail, due_at=NOW + 1)
    assert await deliver_due(database, with_mail, DropboxOAuth(with_mail), now=NOW) == 0
    assert resend.mails == []


async def test_a_refused_mail_is_tried_again_on_the_curve_and_says_why(database, with_mail, resend):
    await add_mail(database, with_mail)
    resend.refuse_with(500, {"statusCode": 500, "name": "x", "message": "trouble"})
    await deliver_due(database, with_mail, DropboxOAuth(with_mail), now=NOW)
    mail = await only_mail(database, with_mail)
    assert mail.state == "waiting" and mail.attempts == 1 and "trouble" in mail.last_error
    assert NOW + 9_000 <= mail.due_at <= NOW + 11_000
    resend.refuse = None
    await deliver_due(database, with_mail, DropboxOAuth(with_mail), now=mail.due_at)
    mail = await only_mail(database, with_mail)
    assert mail.state == "done" and mail.last_error == ""


async def test_a_mail_waits_as_long_as_resend_asks(database, with_mail, resend):
    await add_mail(database, with_mail)
    resend.refuse_with(429, {"statusCode": 429, "name": "x", "message": "slow down"}, retry_after="600")
    await deliver_due(database, with_mail, DropboxOAuth(with_mail), now=NOW)
    assert (await only_mail(database, with_mail)).due_at >= NOW + 600_000


async def test_after_the_last_try_a_mail_is_given_up_and_stays_readable(database, with_mail, resend):
    await add_mail(database, with_mail)
    resend.refuse_with(403, {"statusCode": 403, "name": "x", "message": "domain not verified"})
    now = NOW
    for _ in range(MAX_ATTEMPTS):
        await deliver_due(database, with_mail, DropboxOAuth(with_mail), now=now)
        now = (await only_mail(database, with_mail)).due_at
    mail = await only_mail(database, with_mail)
    assert (mail.state, mail.attempts, mail.text) == ("failed", MAX_ATTEMPTS, "Words")
    assert len(resend.mails) == MAX_ATTEMPTS


async def test_a_mail_from_before_the_mail_service_was_switched_off_is_kept_readable(database, settings, with_mail):
    await add_mail(database, with_mail)
    await deliver_due(database, settings, DropboxOAuth(settings), now=NOW)
    mail = await only_mail(database, settings)
    assert mail.state == "failed" and "RESEND_API_KEY" in mail.last_error and mail.text == "Words"


async def test_a_grant_is_revoked_at_dropbox_and_its_token_forgotten(database, settings, sandbox):
    oauth = DropboxOAuth(settings)
    await add_revocation(database, settings, grant_of(oauth, sandbox))
    assert len(sandbox.grants(STUDIO)) == 1
    await deliver_due(database, settings, oauth, now=NOW)
    assert sandbox.grants(STUDIO) == []
    assert await database.read(lambda db: db.conn.execute("select state, payload from outbox").fetchall()) == [
        ("done", None)
    ]


async def test_a_grant_that_dropbox_no_longer_knows_is_done(database, settings, sandbox):
    oauth = DropboxOAuth(settings)
    await add_revocation(database, settings, grant_of(oauth, sandbox))
    sandbox.revoke(STUDIO)
    await deliver_due(database, settings, oauth, now=NOW)
    assert await deliver_due(database, settings, oauth, now=NOW + 10**9) == 0


@pytest.mark.parametrize("route", ["oauth2/token", "auth/token/revoke"])
async def test_a_revocation_is_repeated_until_dropbox_takes_it(database, settings, sandbox, route):
    oauth = DropboxOAuth(settings)
    await add_revocation(database, settings, grant_of(oauth, sandbox))
    sandbox.fault("status", route=route, status=503, times=2)
    for now in (NOW, NOW + 3_600_000):
        await deliver_due(database, settings, oauth, now=now)
        assert len(sandbox.grants(STUDIO)) == 1
    await deliver_due(database, settings, oauth, now=NOW + 7_200_000)
    assert sandbox.grants(STUDIO) == []


async def test_trouble_with_one_service_holds_up_nothing_of_the_other(database, with_mail, sandbox, resend):
    await add_revocation(database, with_mail, grant_of(DropboxOAuth(with_mail), sandbox))
    await add_mail(database, with_mail)
    sandbox.fault("drop", route="oauth2/token")
    await deliver_due(database, with_mail, DropboxOAuth(with_mail), now=NOW)
    assert len(resend.mails) == 1 and len(sandbox.grants(STUDIO)) == 1


async def test_what_the_keys_cannot_open_is_given_up_at_once(database, settings, sandbox):
    await add_revocation(database, settings, "token")
    other = SecretStr("k9:" + base64.b64encode(bytes(range(32))).decode())
    await deliver_due(database, settings.model_copy(update={"token_keys": other}), DropboxOAuth(settings), now=NOW)
    assert await database.read(lambda db: db.conn.execute("select state, payload from outbox").fetchall()) == [
        ("failed", None)
    ]
    assert sandbox.history(route="oauth2/token") == []
