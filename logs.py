"""How the program logs: one line an event, text or JSON, with secrets and people's addresses taken out."""

import logging
import re
import sys
from collections.abc import MutableMapping
from typing import Any, Literal

import structlog

Event = MutableMapping[str, Any]

SECRET_NAMES = re.compile(r"authorization|cookie|secret|password|token|verifier|^code$|^state$", re.IGNORECASE)
# Shapes of secrets wherever they stand: bearer headers, our API tokens, Dropbox's short-lived tokens, one-time links.
SECRET_SHAPES = (
    (re.compile(r"(?i)\b(bearer|basic)\s+[\w.~+/=:-]+"), r"\1 [removed]"),
    (re.compile(r"\bclem_[\w-]{16,}"), "[removed]"),
    (re.compile(r"\bsl\.[\w-]{8,}"), "[removed]"),
    (
        re.compile(
            r"(?i)([?&\"'](?:code|state|token|access_token|refresh_token|code_verifier|client_secret)[\"']?[=:]\s*[\"']?)[^&\s\"']+"
        ),
        r"\1[removed]",
    ),
    (re.compile(r"(/(?:setup|approvals|claims|invitations|media)/)[\w.-]{16,}"), r"\1[removed]"),
    (re.compile(r"\b[\w.+%-]+@([\w-]+(?:\.[\w-]+)+)"), r"…@\1"),
)
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029]|\r")


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
    """Take out secrets by the field's name and by their shape, and control characters that could forge a line."""
    for name, value in event.items():
        if SECRET_NAMES.search(name):
            event[name] = "[removed]"
        elif isinstance(value, str):
            event[name] = clean(value)
    return event


def clean(text: str) -> str:
    """The text without secrets and without characters that could forge a log line (tracebacks keep their breaks)."""
    for shape, replacement in SECRET_SHAPES:
        text = shape.sub(replacement, text)
    return CONTROL.sub(lambda found: f"\\x{ord(found.group()):02x}", text)
