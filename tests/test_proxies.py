"""What docs/proxies.md gives to copy: it does as it stands there what the page says of it."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
import requests
import yaml

from embedded.processes import free_port, port_is_free, spawn, wait_until
from tests import slow_clients
from tests.nginx import find_nginx

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent
PAGE = (ROOT / "docs" / "proxies.md").read_text()
HOST = "presave.example.com"
FORGED = {
    "Host": HOST,
    "X-Forwarded-For": "203.0.113.66",
    "X-Forwarded-Proto": "gopher",
    "Connection": "close",
}


def snippet(language: str) -> str:
    [found] = re.findall(rf"^```{language}\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    return str(found)


def compose(*files: str, env_file: str = ".env.example", **environment: str) -> dict[str, Any]:
    command: list[str | Path] = [BIN / "docker-compose", "--env-file", env_file]
    command += [part for file in files for part in ("-f", file)]
    done = subprocess.run(
        [*command, "config", "--format", "json"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        check=True,
    )
    config: dict[str, Any] = json.loads(done.stdout)
    return config


@pytest.fixture
def web() -> Iterator[tuple[int, list[dict[str, str]]]]:
    """Something in web's place, and the headers and body's length of each request to it."""
    asked: list[dict[str, str]] = []

    class Web(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            asked.append({**self.headers, "read": str(len(body))})
            self.send_response(204)
            self.end_headers()

        do_POST = do_GET

        def log_message(self, *arguments: Any) -> None:
            """Nothing is printed between the tests."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Web) as server:
        thread = Thread(target=server.serve_forever, args=[0.01])
        thread.start()
        yield server.server_port, asked
        server.shutdown()
        thread.join()


def certified(directory: Path) -> tuple[Path, Path]:
    """A key and its certificate for this machine."""
    key, certificate = directory / "presave.key", directory / "presave.pem"
    made = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"]
    made += [
        "-subj",
        f"/CN={HOST}",
        "-addext",
        "subjectAltName=IP:127.0.0.1",
        "-keyout",
        str(key),
        "-out",
        str(certificate),
    ]
    subprocess.run(made, check=True, capture_output=True)
    return key, certificate


def whole(server: str, directory: Path) -> str:
    """The file around the snippet."""
    kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    temporary = " ".join(f"{kind}_temp_path {directory};" for kind in kinds)
    return (
        "daemon off; master_process off; events {}\n"
        f"pid {directory}/pid; error_log {directory}/log;\n"
        f"http {{ {temporary}\n{server} }}\n"
    )


@pytest.fixture
def nginx(web: tuple[int, list[dict[str, str]]], tmp_path: Path) -> Iterator[tuple[str, Path]]:
    """The address of an nginx with the page's snippet, and its certificate."""
    tls, plain = free_port(), free_port()
    key, certificate = certified(tmp_path)
    here = {
        "/etc/ssl/private/presave.key": str(key),
        "/etc/ssl/presave.pem": str(certificate),
        "listen 443": f"listen 127.0.0.1:{tls}",
        "listen 80": f"listen 127.0.0.1:{plain}",
        "127.0.0.1:8000": f"127.0.0.1:{free_port()}",
        "127.0.0.1:8001": f"127.0.0.1:{web[0]}",
    }
    server = snippet("nginx")
    for given, mine in here.items():
        assert given in server
        server = server.replace(given, mine)
    file = tmp_path / "nginx.conf"
    file.write_text(whole(server, tmp_path))
    command = (find_nginx(), "-c", str(file), "-e", str(tmp_path / "log"))
    tried = subprocess.run([*command, "-t"], capture_output=True, text=True, check=False)
    assert tried.returncode == 0, tried.stderr
    assert "[warn]" not in tried.stderr
    process = spawn(command, {}, tmp_path / "out")
    try:
        wait_until(lambda: not port_is_free(tls), 30, "nginx", process)
        yield f"https://127.0.0.1:{tls}", certificate
    finally:
        process.stop()


def test_nginx_says_whose_request_it_is_and_finds_the_web_that_is_there(
    nginx: tuple[str, Path], web: tuple[int, list[dict[str, str]]]
) -> None:
    address, certificate = nginx
    sure = str(certificate)
    answer = requests.get(address, headers=FORGED, verify=sure, timeout=30)
    assert answer.status_code == 204
    [asked] = web[1]
    assert asked["Host"] == HOST
    assert asked["X-Forwarded-Proto"] == "https"
    assert asked["X-Forwarded-For"] == "127.0.0.1"

    large = b"x" * 2_000_000
    refused = requests.post(address, large, headers={"Host": HOST}, verify=sure, timeout=30)
    assert refused.status_code == 413
    cover = f"{address}/dashboard/covers/"
    taken = requests.post(cover, large, headers=FORGED, verify=sure, timeout=30)
    assert taken.status_code == 204
    asked = web[1][-1]
    assert asked["read"] == asked["Content-Length"] == "2000000"
    assert (asked["X-Forwarded-Proto"], asked["X-Forwarded-For"]) == ("https", "127.0.0.1")


def test_caddy_believes_nobody_and_cloudflare_only_where_it_was_told_to(
    web: tuple[int, list[dict[str, str]]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[tuple[str, str]] = []
    for believed in ("", "192.0.2.0/24 127.0.0.0/8"):
        directory = tmp_path / f"caddy-{len(said)}"
        directory.mkdir()
        with slow_clients.proxy(web[0], directory, believed) as port:
            forged = {"X-Forwarded-For": "203.0.113.66", "X-Forwarded-Proto": "https"}
            requests.get(f"http://127.0.0.1:{port}", headers=forged, timeout=30)
        said.append((web[1][-1]["X-Forwarded-For"], web[1][-1]["X-Forwarded-Proto"]))
    assert said == [("127.0.0.1", "http"), ("203.0.113.66", "https")]


def test_a_proxy_of_ones_own_finds_web_on_this_machine_alone() -> None:
    config = compose("docker-compose.yml", "deploy/own-proxy.yml")
    assert "caddy" not in config["services"]
    published = {name: one["ports"] for name, one in config["services"].items() if "ports" in one}
    assert list(published) == ["web"]
    [port] = published["web"]
    assert (port["host_ip"], port["published"], port["target"]) == ("127.0.0.1", "8000-8001", 8000)


def test_cloudflares_networks_are_given_to_caddy() -> None:
    caddy = compose("docker-compose.yml", "deploy/cloudflare.yml")["services"]["caddy"]
    networks = caddy["environment"]["PROXIES_IN_FRONT"].split()
    assert len(networks) == 22
    environment = {"PROXIES_IN_FRONT": " ".join(networks), "PUBLIC_URL": f"https://{HOST}"}
    for server in adapted(**environment)["apps"]["http"]["servers"].values():
        assert server["trusted_proxies"]["ranges"] == networks


def adapted(**environment: str) -> dict[str, Any]:
    command: list[str | Path] = [
        BIN / "caddy",
        "adapt",
        "--adapter",
        "caddyfile",
        "--config",
        "Caddyfile",
    ]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, check=True)
    config: dict[str, Any] = json.loads(done.stdout)
    return config


def test_another_port_is_published_where_caddy_listens(tmp_path: Path) -> None:
    [written] = re.findall(r"^```\n(PUBLIC_URL=.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    (tmp_path / "env").write_text(written)
    config = compose("docker-compose.yml", env_file=str(tmp_path / "env"))
    caddy = config["services"]["caddy"]
    ports = {(port["published"], port["target"]) for port in caddy["ports"]}
    assert ports == {("80", 80), ("8443", 8443)}
    servers = adapted(**caddy["environment"])["apps"]["http"]["servers"].values()
    assert sorted(server["listen"] for server in servers) == [[":80"], [":8443"]]


def test_traefik_hands_on_to_both_ports_and_lets_go_before_web_does() -> None:
    config = yaml.safe_load(snippet("yaml"))["http"]
    [router] = config["routers"].values()
    balancer = config["services"][router["service"]]["loadBalancer"]
    urls = [server["url"] for server in balancer["servers"]]
    assert urls == ["http://127.0.0.1:8000", "http://127.0.0.1:8001"]
    assert balancer["passHostHeader"] is True
    assert balancer["healthCheck"]["path"] == "/healthz"
    transport = config["serversTransports"][balancer["serversTransport"]]
    assert transport["forwardingTimeouts"]["idleConnTimeout"] == "5s"
