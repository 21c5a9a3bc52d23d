"""A stand-in for Resend's API on loopback: records the mails that arrive, and refuses on demand."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class ResendServer:
    """`mails`: the bodies that came, with their `key` (idempotency) and `authorization`. `refuse`: (status, body)."""

    def __init__(self) -> None:
        self.mails: list[dict[str, Any]] = []
        self.refuse: tuple[int, bytes, dict[str, str]] | None = None
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["content-length"])))
                outer.mails.append(
                    {
                        **body,
                        "key": self.headers.get("idempotency-key"),
                        "authorization": self.headers.get("authorization"),
                        "path": self.path,
                    }
                )
                status, answer, headers = outer.refuse or (200, b'{"id": "mail-1"}', {})
                self.send_response(status)
                for name, value in {"content-type": "application/json", **headers}.items():
                    self.send_header(name, value)
                self.send_header("content-length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, *args: object) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.origin = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})
        self._thread.start()

    def refuse_with(self, status: int, body: object, **headers: str) -> None:
        """Answer like this from now on; text as it is, anything else as JSON."""
        text = body if isinstance(body, str) else json.dumps(body)
        self.refuse = (status, text.encode(), {name.replace("_", "-"): value for name, value in headers.items()})

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


@contextmanager
def resend_server() -> Iterator[ResendServer]:
    server = ResendServer()
    try:
        yield server
    finally:
        server.close()
