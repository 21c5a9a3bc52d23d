"""CR-06, CR-08: what reaches a log line: no secret, no address, no forged line, nothing endless."""

import json
import logging
import time
from collections.abc import Iterator

import pytest
import structlog

import logs

REFRESH = "kT9_refresh-token-of-a-person-0123456789abcdef"


class Written:
    """What has been written to standard error so far."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys
        self._so_far = ""

    def getvalue(self) -> str:
        self._so_far += self._capsys.readouterr().err
        return self._so_far


@pytest.fixture
def written(capsys: pytest.CaptureFixture[str]) -> Iterator[Written]:
    """Standard error; logging is put back afterwards."""
    root = logging.getLogger()
    handlers, level = root.handlers, root.level
    yield Written(capsys)
    root.handlers, root.level = handlers, level
    structlog.reset_defaults()


NASTY = [
    "a\nb",
    "a\r\nb",
    "x\n2026-11-20T00:00:00Z [info     ] signed in [login] email=owner",
    '{"event": "forged"}\n{"event": "forged"}',
    "\x1b[2J\x1b[31mred",
    "nul\x00byte",
    "\x9b31m",
    "line\u2028separator\u2029",
    "\u202eright to left",
    "tab\tseparated",
    "back\x08\x08space",
]


@pytest.mark.parametrize("log_format", ["text", "json"])
@pytest.mark.parametrize("text", NASTY, ids=ascii)
def test_cr_08_a_name_cannot_forge_a_line_or_move_the_cursor(written: Written, log_format, text: str):
    logs.configure(log_format)
    structlog.get_logger("http").info("request", path=text)
    logging.getLogger("uvicorn.error").warning("odd: %s", text)
    lines = written.getvalue().rstrip("\n").split("\n")
    assert len(lines) == 2
    for character in "".join(lines):
        assert character.isprintable(), ascii(character)
    if log_format == "json":
        assert [set(json.loads(line)) >= {"event", "level", "timestamp"} for line in lines] == [True, True]


@pytest.mark.parametrize("log_format", ["text", "json"])
def test_cr_08_an_error_s_message_cannot_forge_a_line_either(written: Written, log_format):
    logs.configure(log_format)
    try:
        raise ValueError('x\n2026-11-20T00:00:00Z [info     ] forged\n{"event": "forged"}\x1b[2J')
    except ValueError:
        structlog.get_logger("http").exception("unexpected error")
    said = written.getvalue()
    assert "\x1b" not in said
    if log_format == "json":
        assert len(said.splitlines()) == 1
        assert "ValueError" in json.loads(said)["exception"]
    else:
        first, *rest = said.rstrip("\n").split("\n")
        assert "unexpected error" in first
        assert all(line.startswith("    ") for line in rest)


@pytest.mark.parametrize("log_format", ["text", "json"])
def test_cr_08_times_are_utc(written: Written, log_format):
    logs.configure(log_format)
    structlog.get_logger("http").info("request")
    said = written.getvalue()
    stamp = json.loads(said)["timestamp"] if log_format == "json" else said.split(" ")[0]
    assert stamp.endswith("Z")


SECRETS = [
    {"authorization": f"Bearer {REFRESH}"},
    {"cookie": f"__Host-device={REFRESH}"},
    {"refresh_token": REFRESH},
    {"code": REFRESH},
    {"state": REFRESH},
    {"client_secret": REFRESH},
    {"code_verifier": REFRESH},
    {"said": f"Authorization: Bearer {REFRESH}"},
    {"said": f"Authorization: Basic {REFRESH}"},
    {"said": f"clem_{REFRESH}"},
    {"said": f"sl.{REFRESH}"},
    {"said": f"POST /oauth2/token?code={REFRESH}&state={REFRESH}"},
    {"said": f"{{'refresh_token': '{REFRESH}', \"access_token\": \"{REFRESH}\"}}"},
    {"path": f"/setup/{REFRESH}"},
    {"path": f"//x/approvals/{REFRESH}?a=1"},
    {"path": f"/invitations/{REFRESH}"},
    {"path": f"/claims/{REFRESH}"},
    {"said": "x" * (logs.MOST_CHARACTERS - 10) + f" clem_{REFRESH}"},
]


@pytest.mark.parametrize("fields", SECRETS, ids=str)
def test_cr_06_secrets_are_taken_out_by_name_and_by_shape(written: Written, fields: dict[str, str]):
    logs.configure("json")
    structlog.get_logger("http").info("something", **fields)
    try:
        raise ValueError("; ".join(f"{name}={value}" for name, value in fields.items() if name != "cookie"))
    except ValueError:
        logging.getLogger("somebody.else").exception("failed")
    assert "refresh-token-of-a-person" not in written.getvalue()


def test_cr_06_of_an_address_only_the_domain_is_left(written: Written):
    logs.configure("json")
    structlog.get_logger("login").info("asked", who="Ada Park <ada.park+photos@studio.example.com>")
    assert "…@studio.example.com" in written.getvalue()
    assert "ada.park" not in written.getvalue()


def test_cr_06_a_traceback_holds_no_values_of_variables(written: Written):
    logs.configure("text")
    value = "held-in-" + "a-variable"

    def failing(argument: str) -> None:
        raise RuntimeError("no")

    try:
        failing(value)
    except RuntimeError:
        structlog.get_logger("http").exception("unexpected error")
    assert "held-in-" + "a-variable" not in written.getvalue()


def test_cr_06_libraries_that_log_addresses_and_headers_are_quiet(written: Written):
    logs.configure("json")
    for name in ("urllib3.connectionpool", "dropbox", "httpx2", "uvicorn.access", "apscheduler.scheduler"):
        logging.getLogger(name).info("GET /?code=secret")
        logging.getLogger(name).debug("GET /?code=secret")
    assert written.getvalue() == ""


@pytest.mark.parametrize("piece", ["a", "a.", "a.@", "@", "sl.", "code=", "bearer ", "/setup/", "\n", "é", "a@b."])
def test_rl_06_a_long_value_costs_little(piece: str):
    text = piece * (200_000 // len(piece))
    began = time.perf_counter()
    kept = logs.clean(text)
    assert time.perf_counter() - began < 0.1
    assert len(kept) < 5 * logs.MOST_CHARACTERS
