"""uvicorn's HTTP protocol with one thing more: the application can cut the connection, which faults need."""

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol


class CuttableProtocol(HttpToolsProtocol):
    """Puts `abort` of the connection's transport into the ASGI scope, as extension `sandbox.connection`."""

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self.scope["extensions"] = {"sandbox.connection": {"abort": self.transport.abort}}
