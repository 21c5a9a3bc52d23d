"""A bare TCP or TLS server on loopback that records what arrives and answers, or says nothing at all."""

import datetime
import ipaddress
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

OK = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"


class PlainServer:
    """`received` is all that came, over all connections; `answer` None means that it hangs.

    `stalls_s` is how long it takes no byte of a body once it has the head.
    """

    def __init__(
        self,
        *,
        answer: bytes | None = OK,
        tls: ssl.SSLContext | None = None,
        keeps: bool = True,
        stalls_s: float = 0,
    ) -> None:
        self.answer = answer
        self.stalls_s = stalls_s
        self.keeps = keeps
        self.received = bytearray()
        self.count = 0
        self.arrived = threading.Event()
        self.connections = 0
        self._tls = tls
        self._over = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self.origin = f"{'https' if tls else 'http'}://127.0.0.1:{self.port}"
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        self._over.set()
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _accept(self) -> None:
        while not self._over.is_set():
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        try:
            served = self._tls.wrap_socket(connection, server_side=True) if self._tls else connection
            with served:
                while self._request(served):
                    continue
        except OSError:
            return

    def _request(self, served: socket.socket) -> bool:
        head = b""
        while b"\r\n\r\n" not in head:
            piece = served.recv(65536)
            if not piece:
                return False
            head += piece
        head, _, body = head.partition(b"\r\n\r\n")
        length = next(
            (int(line[15:]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")), 0
        )
        self._keep(head + b"\r\n\r\n" + body)
        self.count += len(body)
        self.arrived.set()
        left = length - len(body)
        time.sleep(self.stalls_s)
        while left > 0:
            piece = served.recv(min(left, 1 << 20))
            if not piece:
                return False
            left -= len(piece)
            self.count += len(piece)
            self._keep(piece)
        if self.answer is None:
            served.recv(1)
            return False
        served.sendall(self.answer)
        return True

    def _keep(self, piece: bytes) -> None:
        if self.keeps:
            self.received += piece


@contextmanager
def plain_server(**options) -> Iterator[PlainServer]:
    server = PlainServer(**options)
    try:
        yield server
    finally:
        server.close()


def tls_context(folder: Path, host: str = "") -> tuple[ssl.SSLContext, Path]:
    """A server's TLS context for a host (127.0.0.1), and the certificate file that a client has to trust."""
    subject: x509.GeneralName = x509.DNSName(host) if host else x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "loopback")])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([subject]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    trusted = folder / "loopback.pem"
    trusted.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    private = folder / "loopback.key"
    private.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(trusted, private)
    return context, trusted
