"""Mail through Resend. One letter a call; a failure is a MailFailure with a sentence that holds no key."""

import threading
from collections.abc import Mapping
from typing import Any

import requests
import resend
from resend.exceptions import ResendError
from resend.http_client import HTTPClient

from settings import Settings

TIMEOUT_S = (5.0, 10.0)
MOST_DETAIL = 200

# The library keeps its key and address in module variables, so calls go one by one.
_one_at_a_time = threading.Lock()


class MailFailure(Exception):
    """The mail was not taken; `retry_after` is Resend's, in whole seconds."""

    def __init__(self, sentence: str, retry_after: int | None = None) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.retry_after = retry_after


class Mailer:
    """The installation's account at Resend. Only where `settings.mails_are_sent`."""

    def __init__(self, settings: Settings) -> None:
        assert settings.resend_api_key is not None
        self._key = settings.resend_api_key.get_secret_value()
        self._from = settings.mail_from or ""
        self._url = settings.resend_url or "https://api.resend.com"

    def send(self, *, to: str, subject: str, text: str, html: str, idempotency_key: str) -> None:
        """Hand one mail over. The key makes a second try of the same mail harmless."""
        mail: resend.Emails.SendParams = {
            "from": self._from,
            "to": [to],
            "subject": subject,
            "text": text,
            "html": html,
        }
        with _one_at_a_time:
            resend.api_key, resend.api_url = self._key, self._url
            resend.default_http_client = _Client()
            try:
                resend.Emails.send(mail, {"idempotency_key": idempotency_key})
            except ResendError as error:
                raise _failure(error) from None
            except Exception as error:
                # The library reads answers with little care: an odd one ends in a KeyError or the like.
                raise MailFailure(f"Resend answered something odd ({type(error).__name__}).") from None


class _Client(HTTPClient):
    """As the library's own, but no proxy or password from the environment, no redirects, and our timeouts."""

    def request(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        json: object = None,
        files: dict[str, Any] | None = None,
        data: dict[str, str] | None = None,
    ) -> tuple[bytes, int, Mapping[str, str]]:
        with requests.Session() as session:
            session.trust_env = False
            answer = session.request(
                method, url, headers=dict(headers), json=json, timeout=TIMEOUT_S, allow_redirects=False
            )
            return answer.content, answer.status_code, answer.headers


def _failure(error: ResendError) -> MailFailure:
    if error.error_type == "HttpClientError":
        return MailFailure("Resend could not be reached.")
    detail = " ".join(str(error.message).split())[:MOST_DETAIL]
    headers = getattr(error, "headers", None) or {}
    after = str({str(name).lower(): value for name, value in headers.items()}.get("retry-after", ""))
    return MailFailure(f"Resend refused it ({error.code}): {detail}", int(after) if after.isdecimal() else None)
