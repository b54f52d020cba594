"""The gateway speaks TLS itself where it is given a certificate."""

import ssl
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import httpx
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.flows.cast import Cast
from tests.gateway.conftest import StartGateway


def certificate(folder: Path) -> tuple[Path, Path]:
    """A certificate for this machine that nobody but itself vouches for, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "relevo-test")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    cert_path, key_path = folder / "cert.pem", folder / "key.pem"
    cert_path.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    key_path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    return cert_path, key_path


async def test_a_token_and_an_answer_come_over_tls(
    cast: Cast, another_gateway: StartGateway, tmp_path: Path
) -> None:
    cert, key = certificate(tmp_path)
    url = another_gateway("https", tls_cert=cert, tls_key=key)
    trusting = ssl.create_default_context(cafile=str(cert))
    own = cast.shelter._credentials
    async with httpx.AsyncClient(verify=trusting, base_url=url, trust_env=False) as http:
        form = {"grant_type": "client_credentials"}
        said = (await http.post("/oauth/token", data=form, auth=(own.id, own.secret))).json()
        headers = {"authorization": f"Bearer {said['access_token']}"}
        answer = await http.post("/graphql", json={"query": "{ __typename }"}, headers=headers)
    assert answer.json() == {"data": {"__typename": "Query"}}
