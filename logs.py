"""How the program logs: one line an event, text or JSON, with secrets and people's addresses taken out."""

import logging
import re
import sys
from collections.abc import MutableMapping
from typing import Any, Literal

import structlog

Event = MutableMapping[str, Any]

SECRET_NAMES = re.compile(r"authorization|cookie|secret|password|token|verifier|^code$|^state$", re.IGNORECASE)
NAMES = "code|state|token|access_token|refresh_token|code_verifier|client_secret"
# Shapes of secrets wherever they stand: bearer headers, our API tokens, Dropbox's short-lived tokens, one-time links.
SECRET_SHAPES = (
    (re.compile(r"(?i)\b(bearer|basic)\s+[\w.~+/=:-]+"), r"\1 [removed]"),
    (re.compile(r"\bclem_[\w-]{16,}"), "[removed]"),
    (re.compile(r"\bsl\.[\w-]{8,}"), "[removed]"),
    (re.compile(rf"(?i)([?&\"'](?:{NAMES})[\"']?[=:]\s*[\"']?)[^&\s\"']+"), r"\1[removed]"),
    (re.compile(rf"(?i)(?<!\w)((?:{NAMES})[\"']?\s{{0,3}}[=:]\s{{0,3}}[\"']?)[\w.~+/-]{{20,}}"), r"\1[removed]"),
    (re.compile(r"(/(?:setup|approvals|claims|invitations|media)/)[\w.-]{16,}"), r"\1[removed]"),
    # It begins where such a run begins, or a long path of dots would be tried from each of them.
    (re.compile(r"(?<![\w.+%-])[\w.+%-]+@([\w-]+(?:\.[\w-]+)+)"), r"…@\1"),
)
# What forges lines, moves the cursor or turns the text around; tracebacks keep their line breaks.
CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
MANY_LINES = ("exception", "stack")
MOST_CHARACTERS = 2_000
LONGEST_SECRET = 300
MOST_LINES = 200


def configure(log_format: Literal["text", "json"] | None) -> None:
    """Send our own events and those of libraries to standard error, redacted. None: text on a terminal, else JSON."""
    as_json = log_format == "json" or (log_format is None and not sys.stderr.isatty())
    renderer: Any = (
        structlog.processors.JSONRenderer(ensure_ascii=False)
        if as_json
        else structlog.dev.ConsoleRenderer(
            colors=False, exception_formatter=structlog.dev.plain_traceback, sort_keys=False
        )
    )
    shared: list[Any] = [
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.format_exc_info,
                redact,
                *([] if as_json else [indent_tracebacks]),
                renderer,
            ],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(logging.INFO)
    # Their lines hold addresses with queries, or repeat what our own events say.
    for name in ("urllib3", "dropbox", "uvicorn.access", "apscheduler", "httpx2", "asyncio"):
        logging.getLogger(name).setLevel(logging.WARNING)
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )


def redact(_: Any, __: str, event: Event) -> Event:
    """Take out secrets by the field's name and by their shape, and characters that could forge a line."""
    for name, value in event.items():
        if SECRET_NAMES.search(name):
            event[name] = "[removed]"
        elif isinstance(value, str):
            event[name] = traceback(value) if name in MANY_LINES else clean(value)
    return event


def clean(text: str) -> str:
    """The text on one line, without secrets, cut where it is too long to be of use."""
    # A little more than is kept, so that no secret is cut before it is recognised.
    kept = text[: MOST_CHARACTERS + LONGEST_SECRET]
    for shape, replacement in SECRET_SHAPES:
        kept = shape.sub(replacement, kept)
    kept = CONTROL.sub(lambda found: f"\\x{ord(found.group()):02x}", kept)
    return kept if len(text) <= MOST_CHARACTERS else f"{kept[:MOST_CHARACTERS]}… ({len(text)} characters)"


def traceback(text: str) -> str:
    """The same for each line of a traceback: its last lines, if there are many, which say what went wrong."""
    return "\n".join(clean(line) for line in text.split("\n")[-MOST_LINES:])


def indent_tracebacks(_: Any, __: str, event: Event) -> Event:
    """For text: no line of a traceback begins as an event's line does, whatever the error's message says."""
    for name in MANY_LINES:
        if isinstance(event.get(name), str):
            event[name] = "\n".join(f"    {line}" for line in event[name].split("\n"))
    return event
