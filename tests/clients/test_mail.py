"""Mail through Resend's own library, against a stand-in for its API."""

import pytest
from pydantic import SecretStr

from clients.mail import Mailer, MailFailure
from settings import Settings
from tests.resend_server import resend_server

MAIL = {"to": "ada@example.com", "subject": "Hello", "text": "Words", "html": "<p>Words</p>"}


def mailer(origin: str) -> Mailer:
    return Mailer(
        Settings(resend_api_key=SecretStr("re_secret"), mail_from="Clementine <mail@example.com>", resend_url=origin)
    )


@pytest.fixture
def resend():
    with resend_server() as server:
        yield server


def test_a_mail_arrives_whole_with_its_key(resend):
    mailer(resend.origin).send(**MAIL, idempotency_key="row-1")
    assert resend.mails == [
        {
            "from": "Clementine <mail@example.com>",
            **MAIL,
            "to": ["ada@example.com"],
            "key": "row-1",
            "authorization": "Bearer re_secret",
            "path": "/emails",
        }
    ]


@pytest.mark.parametrize(
    ("status", "body", "sentence"),
    [
        (
            403,
            {"statusCode": 403, "name": "validation_error", "message": "domain\nnot verified"},
            "domain not verified",
        ),
        (500, "<html>oops</html>", "Resend refused it"),
        (200, "not json", "Resend refused it"),
        (401, {"statusCode": 401, "name": "missing_api_key", "message": "no key"}, "401"),
        (302, "", "Resend"),
    ],
)
def test_a_refusal_is_one_sentence_without_the_key(resend, status, body, sentence):
    resend.refuse_with(status, body)
    with pytest.raises(MailFailure) as caught:
        mailer(resend.origin).send(**MAIL, idempotency_key="row-1")
    assert sentence in caught.value.sentence and "\n" not in caught.value.sentence
    assert "re_secret" not in caught.value.sentence
    assert len(resend.mails) == 1


def test_a_rate_limit_carries_its_wait(resend):
    resend.refuse_with(429, {"statusCode": 429, "name": "rate_limit_exceeded", "message": "slow"}, retry_after="9")
    with pytest.raises(MailFailure) as caught:
        mailer(resend.origin).send(**MAIL, idempotency_key="row-1")
    assert caught.value.retry_after == 9


def test_nobody_listening_is_a_failure_with_a_sentence(resend):
    resend.close()
    with pytest.raises(MailFailure, match=r"could not be reached\."):
        mailer(resend.origin).send(**MAIL, idempotency_key="row-1")


def test_no_proxy_of_the_environment_sees_a_mail(resend, monkeypatch):
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    mailer(resend.origin).send(**MAIL, idempotency_key="row-1")
    assert len(resend.mails) == 1
