"""uvicorn's HTTP protocol with one thing more: the application can cut a connection, and see that it has ended."""

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol


class CuttableProtocol(HttpToolsProtocol):
    """Puts `abort` and `is_closing` of the connection's transport into the ASGI scope: `sandbox.connection`."""

    def on_message_begin(self) -> None:
        super().on_message_begin()
        connection: dict[object, object] = {"abort": self.transport.abort, "is_closing": self.transport.is_closing}
        self.scope["extensions"] = {"sandbox.connection": connection}
