"""Our own public address is asked as a browser asks it, and the operator's switch is told."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from campaigns import elsewhere
from campaigns.elsewhere import SiteError
from embedded.processes import free_port
from tests.receiver import Receiver

ENDS = datetime.now(UTC).replace(microsecond=0) + timedelta(days=5)


def certificate(directory: Path) -> Path:
    """For 127.0.0.1, signed by itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([])
    loopback = x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))])
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(datetime.now(UTC) - timedelta(days=1))
        .not_valid_after(ENDS)
        .add_extension(loopback, critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    secret = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    path = directory / "certificate.pem"
    path.write_bytes(secret + made.public_bytes(pem))
    return path


@pytest.fixture
def address(tmp_path: Path) -> Iterator[str]:
    """Something that speaks TLS, with a certificate that nobody trusts."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(204)
            self.end_headers()

        def log_message(self, *arguments: Any) -> None:
            """Nothing is printed between the tests."""

    class Quiet(ThreadingHTTPServer):
        def handle_error(self, *arguments: Any) -> None:
            """Whoever refuses the certificate hangs up."""

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate(tmp_path))
    with Quiet(("127.0.0.1", 0), Handler) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = Thread(target=server.serve_forever, args=[0.01])
        thread.start()
        yield f"https://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.mark.parametrize("ask", [elsewhere.get, elsewhere.certificate_ends])
def test_a_certificate_that_nobody_trusts_is_told_as_one(ask: Any, address: str) -> None:
    with pytest.raises(SiteError, match="self-signed") as told:
        ask(address)
    assert told.value.is_tls


def test_when_a_trusted_certificate_ends(
    address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "certificate.pem"))
    assert elsewhere.certificate_ends(address) == ENDS


@pytest.mark.parametrize("ask", [elsewhere.get, elsewhere.certificate_ends])
def test_an_address_where_nobody_listens_is_no_matter_of_tls(ask: Any) -> None:
    with pytest.raises(SiteError) as told:
        ask(f"https://127.0.0.1:{free_port()}")
    assert not told.value.is_tls


def test_a_ping_says_what_is_wrong_and_returns_what_the_switch_answered(
    receiver: Receiver,
) -> None:
    receiver.status = 503
    assert elsewhere.ping(receiver.address, "Disk: full") == 503
    [(path, _, body)] = receiver.got
    assert (path, body) == ("/hook", b"Disk: full")


def test_a_ping_that_fails_does_not_tell_the_address() -> None:
    with pytest.raises(SiteError) as told:
        elsewhere.ping(f"http://127.0.0.1:{free_port()}/s3cret", "")
    assert "s3cret" not in str(told.value)
