"""Certificates for tests: an authority, a server on loopback, and a client."""

from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

HOSTS = ("localhost",)


def make(folder: Path) -> None:
    """Write ``ca.pem``, ``server.pem``, ``server-key.pem`` and ``client.pem``, certificate and key in one."""
    authority, own = rsa.generate_private_key(65537, 2048), rsa.generate_private_key(65537, 2048)
    issuer = _name("Autoridad de prueba")
    ca = _certificate(issuer, issuer, authority, authority, x509.BasicConstraints(ca=True, path_length=None))
    (folder / "ca.pem").write_bytes(_pem(ca))
    for name, usage in (
        ("server", ExtendedKeyUsageOID.SERVER_AUTH),
        ("client", ExtendedKeyUsageOID.CLIENT_AUTH),
    ):
        alternatives = x509.SubjectAlternativeName(
            [*(x509.DNSName(host) for host in HOSTS), x509.IPAddress(ip_address("127.0.0.1"))]
        )
        made = _certificate(
            _name(name), issuer, own, authority, alternatives, x509.ExtendedKeyUsage([usage]),
            x509.AuthorityKeyIdentifier.from_issuer_public_key(authority.public_key()),
        )  # fmt: skip
        (folder / f"{name}.pem").write_bytes(_pem(made) + (_key(own) if name == "client" else b""))
    (folder / "server-key.pem").write_bytes(_key(own))


def _certificate(
    subject: x509.Name,
    issuer: x509.Name,
    key: rsa.RSAPrivateKey,
    signer: rsa.RSAPrivateKey,
    *extensions: x509.ExtensionType,
) -> x509.Certificate:
    now = datetime.now(UTC)
    made = x509.CertificateBuilder(
        issuer,
        subject,
        key.public_key(),
        x509.random_serial_number(),
        now - timedelta(days=1),
        now + timedelta(days=1),
    )
    for extension in extensions:
        made = made.add_extension(extension, critical=isinstance(extension, x509.BasicConstraints))
    identifier = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    return made.add_extension(identifier, critical=False).sign(signer, hashes.SHA256())


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(Encoding.PEM)


def _key(key: rsa.RSAPrivateKey) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
