"""The certificate under which the sandbox speaks TLS, and the one authority that clients are told to trust for it."""

import datetime
import ipaddress
import os
import ssl
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cryptography import x509
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey

AUTHORITY = "ca.pem"
AUTHORITY_NAME = "Sandbox Dropbox"
SERVER = "server.pem"
HOSTS = (
    "localhost",
    "api.dropboxapi.com",
    "content.dropboxapi.com",
    "notify.dropboxapi.com",
    "www.dropbox.com",
    "api.dropbox.com",
)
ADDRESSES = ("127.0.0.1", "::1")
DOMAINS = ("localhost", "dropboxapi.com", "dropbox.com")
# As long as any client accepts a server's certificate.
LIFETIME = datetime.timedelta(days=825)
RENEWED_BEFORE = datetime.timedelta(days=30)


def tls_context(directory: Path, now: datetime.datetime | None = None) -> ssl.SSLContext:
    """What the server needs to speak TLS, with the certificates in `directory`: made at first, and anew when old."""
    now = now or datetime.datetime.now(datetime.UTC)
    if not _still_good(directory, now):
        _make(directory, now)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(directory / SERVER)
    context.set_alpn_protocols(["http/1.1"])
    return context


def _still_good(directory: Path, now: datetime.datetime) -> bool:
    from cryptography import x509

    try:
        leaf = x509.load_pem_x509_certificate((directory / SERVER).read_bytes())
        authority = x509.load_pem_x509_certificate((directory / AUTHORITY).read_bytes())
        leaf.verify_directly_issued_by(authority)
        named = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except Exception:  # Whatever is wrong with the files, new ones are right.
        return False
    return set(HOSTS) <= set(named.get_values_for_type(x509.DNSName)) and leaf.not_valid_after_utc - now > (
        RENEWED_BEFORE
    )


def _make(directory: Path, now: datetime.datetime) -> None:
    """A new authority and the one certificate it ever signs: its key is kept nowhere, so nobody can misuse it."""
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    signer, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    authority = _authority(signer, now)
    leaf = _leaf(key, signer, now)
    pem = serialization.Encoding.PEM
    secret = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    _write(directory / SERVER, leaf.public_bytes(pem) + secret, 0o600)
    _write(directory / AUTHORITY, authority.public_bytes(pem), 0o644)


def _write(path: Path, content: bytes, mode: int) -> None:
    half = path.with_suffix(".new")
    half.unlink(missing_ok=True)
    with os.fdopen(os.open(half, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
        file.write(content)
    half.replace(path)


def _named(name: str) -> "x509.Name":
    from cryptography import x509
    from cryptography.x509.oid import NameOID

    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _begin(
    name: str, key: "EllipticCurvePrivateKey", now: datetime.datetime, *, authority: bool
) -> "x509.CertificateBuilder":
    """What both certificates have in common."""
    from cryptography import x509

    uses = dict.fromkeys(
        ("content_commitment", "key_encipherment", "data_encipherment", "key_agreement", "encipher_only"), False
    )
    usage = x509.KeyUsage(
        digital_signature=not authority, key_cert_sign=authority, crl_sign=authority, decipher_only=False, **uses
    )
    return (
        x509.CertificateBuilder()
        .subject_name(_named(name))
        .issuer_name(_named(AUTHORITY_NAME))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + LIFETIME - datetime.timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=authority, path_length=0 if authority else None), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )


def _authority(signer: "EllipticCurvePrivateKey", now: datetime.datetime) -> "x509.Certificate":
    """An authority that may vouch for Dropbox's names and this machine, and for nothing else."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes

    addresses = [x509.IPAddress(ipaddress.ip_network(address)) for address in ADDRESSES]
    only = x509.NameConstraints([*map(x509.DNSName, DOMAINS), *addresses], None)
    builder = _begin(AUTHORITY_NAME, signer, now, authority=True).add_extension(only, critical=True)
    return builder.sign(signer, hashes.SHA256())


def _leaf(
    key: "EllipticCurvePrivateKey", signer: "EllipticCurvePrivateKey", now: datetime.datetime
) -> "x509.Certificate":
    """The server's certificate."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes
    from cryptography.x509.oid import ExtendedKeyUsageOID

    addresses = [x509.IPAddress(ipaddress.ip_address(address)) for address in ADDRESSES]
    names = x509.SubjectAlternativeName([*map(x509.DNSName, HOSTS), *addresses])
    issuer = x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key())
    return (
        _begin("localhost", key, now, authority=False)
        .add_extension(names, critical=False)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(issuer, critical=False)
        .sign(signer, hashes.SHA256())
    )
