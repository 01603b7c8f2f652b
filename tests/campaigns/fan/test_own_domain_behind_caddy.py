"""The shipped Caddy gets a certificate for a label's domain, and for no other that is made up."""

from __future__ import annotations

import http.client
import json
import ssl
import sys
from collections.abc import Iterator
from pathlib import Path
from socket import create_connection
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest
import requests

from embedded.processes import LOOPBACK, free_port, port_is_free, spawn, wait_until
from tests.factory import make_campaign, make_label

if TYPE_CHECKING:
    from pytest_django import Settings

pytestmark = pytest.mark.django_db(transaction=True)

ROOT = Path(__file__).resolve().parents[3]
PUBLIC, OWN = "presave.example.com", "presave.label.example"


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "caddy.log"


@pytest.fixture
def caddy(site: str, log: Path, settings: Settings) -> Iterator[tuple[int, int]]:
    """The ports, for https and http, of a Caddy that is its own certificate authority."""
    port, plain, directory = free_port(), free_port(), log.parent
    settings.ALLOWED_HOSTS = [PUBLIC]
    shipped = (ROOT / "Caddyfile").read_text().replace("web:8000", urlsplit(site).netloc)
    own = f"off\n\tlocal_certs\n\tskip_install_trust\n\thttp_port {plain}"
    file = directory / "Caddyfile"
    file.write_text(shipped.replace("unix//run/admin.sock", own))
    environment = {
        "PUBLIC_URL": f"https://{PUBLIC}:{port}",
        "HTTPS_PORT": str(port),
        **{name: str(directory) for name in ("HOME", "XDG_DATA_HOME", "XDG_CONFIG_HOME")},
    }
    command = (Path(sys.executable).parent / "caddy", "run", "--adapter", "caddyfile")
    process = spawn((*command, "--config", file), environment, log)
    try:
        wait_until(lambda: not port_is_free(port), 60, "Caddy", process)
        yield port, plain
    finally:
        process.stop()


def get(port: int, host: str, path: str, root: Path, name: str = "") -> tuple[int, str]:
    """What a browser gets that believes this Caddy, which TLS may ask for another name. Raises
    ssl.SSLError without a certificate.
    """
    context = ssl.create_default_context(cafile=root)
    with (
        create_connection((LOOPBACK, port), timeout=30) as line,
        context.wrap_socket(line, server_hostname=name or host) as encrypted,
    ):
        asked = f"GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"
        encrypted.sendall(asked.encode())
        answer = http.client.HTTPResponse(encrypted)
        answer.begin()
        return answer.status, answer.read().decode()


def test_a_labels_domain_is_served_and_a_made_up_one_gets_no_certificate(
    caddy: tuple[int, int], log: Path
) -> None:
    tls, plain = caddy
    make_campaign(label=make_label(domain=OWN), slug="night-bus")
    root = log.parent / "caddy" / "pki" / "authorities" / "local" / "root.crt"
    wait_until(root.exists, 30, "Caddy's root certificate")
    status, page = get(tls, OWN, "/night-bus", root)
    assert status == 200
    assert f"http://{OWN}" in page
    assert get(tls, PUBLIC, "/night-bus", root)[0] == 200
    for stranger in ("elsewhere.example", f"www.{OWN}", "localhost"):
        with pytest.raises(ssl.SSLError):
            get(tls, stranger, "/night-bus", root)
    # Nor does web hear of one that comes with a name which has a certificate.
    for host, name in (("elsewhere.example", PUBLIC), ("elsewhere.example", OWN), (OWN, PUBLIC)):
        assert get(tls, host, "/night-bus", root, name) == (421, "")
    by_http = requests.get(
        f"http://{LOOPBACK}:{plain}/night-bus",
        headers={"Host": OWN},
        allow_redirects=False,
        timeout=30,
    )
    assert by_http.headers["Location"] == f"https://{OWN}:{tls}/night-bus"
    # From outside nobody learns which domains there are.
    for host in (OWN, PUBLIC):
        assert get(tls, host, f"/domains/known?domain={OWN}", root)[0] == 404
    entries = [json.loads(line) for line in log.read_text().splitlines() if line.startswith("{")]
    about = [entry for entry in entries if OWN in json.dumps(entry)]
    assert about
    assert not [entry for entry in entries if {"remote_ip", "remote_port"} & set(entry)]
