"""What holds for every answer there is: the same strict headers, and nothing of how the inside looks."""

import re

from httpx2 import Response

from handlers.headers import POLICY
from handlers.media import SANDBOX

# What a page's policy may be: the usual one, one with a form that ends at Dropbox, and that of people's media.
POLICIES = (POLICY, POLICY.replace("form-action 'self'", "form-action 'self' http://127.0.0.1:9"), SANDBOX)
EXACTLY = {
    "referrer-policy": "same-origin",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "strict-transport-security": "max-age=31536000",
}
NEVER = ("server", "x-powered-by", "via", "access-control-allow-origin", "access-control-allow-credentials")
# What would say how the inside looks: paths, statements, stacks, versions.
INSIDE = re.compile(
    r"traceback|\.py\b|sqlite|(?<!<)select |insert into|uvicorn|starlette|jinja"
    r"|/home/|/usr/|line \d+, in|\d+\.\d+\.\d+\.dev",
    re.IGNORECASE,
)


def check(answer: Response, what: object) -> None:
    """Everything that holds for every answer."""
    headers = answer.headers
    assert headers["content-security-policy"] in POLICIES, what
    for name, value in EXACTLY.items():
        assert headers[name] == value, (what, name)
    for feature in ("camera", "microphone", "geolocation", "payment", "usb"):
        assert f"{feature}=()" in headers["permissions-policy"], what
    for name in NEVER:
        assert name not in headers, (what, name)
    assert re.fullmatch(r"[0-9a-f]{16}", headers["x-request-id"]), what
    if answer.content:
        assert headers["content-type"], what
    if headers.get("content-type", "").startswith(("text/", "application/xhtml")):
        assert "charset=utf-8" in headers["content-type"].lower(), what
    if answer.status_code >= 400:
        assert not INSIDE.search(answer.text), (what, answer.text)
        assert headers["cache-control"] == "no-store", what
