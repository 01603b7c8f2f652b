"""deploy/away.html, which Caddy shows while web is away, and what its log says of that."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from django.utils import translation
from django.utils.translation import gettext

from embedded.processes import LOOPBACK, free_port, wait_until
from tests import slow_clients

PAGE = (Path(__file__).resolve().parent.parent / "deploy" / "away.html").read_text()
STRANGERS_ADDRESS = "198.51.100.7"


@pytest.fixture(scope="module")
def lonely_proxy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    directory = tmp_path_factory.mktemp("caddy")
    with slow_clients.proxy(free_port(), directory) as port:
        yield f"http://{LOOPBACK}:{port}", directory / "caddy.log"


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_whoever_comes_while_web_is_away_is_told(
    lonely_proxy: tuple[str, Path], method: str
) -> None:
    answer = requests.request(method, f"{lonely_proxy[0]}/night-bus/go", data="a=b", timeout=30)
    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "30"
    assert answer.headers["Cache-Control"] == "no-store"
    assert "Server" not in answer.headers
    assert answer.content.decode() == PAGE


def test_the_page_needs_nothing_else_and_its_policy_allows_nothing_else(
    lonely_proxy: tuple[str, Path],
) -> None:
    [style] = re.findall(r"<style>(.*?)</style>", PAGE, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    policy = requests.get(lonely_proxy[0], timeout=30).headers["Content-Security-Policy"]
    assert f"default-src 'none'; style-src 'sha256-{digest}';" in policy
    assert not re.search(r"(src|style)=|url\(|<script|<link", PAGE)
    assert set(re.findall(r'href="(.*?)"', PAGE)) == {""}
    assert len(PAGE.encode()) < 5_000


def test_the_log_has_a_line_that_names_nobody(lonely_proxy: tuple[str, Path]) -> None:
    address, log = lonely_proxy
    said_before = len(log.read_text())
    requests.get(
        f"{address}/callback?code=canary",
        headers={"X-Forwarded-For": STRANGERS_ADDRESS, "User-Agent": "canary", "Cookie": "canary"},
        timeout=30,
    )
    wait_until(lambda: "in place of web" in log.read_text()[said_before:], 30, "the line")
    [line] = [json.loads(line) for line in log.read_text()[said_before:].splitlines()]
    assert set(line) == {"level", "ts", "logger", "duration", "status", "err_trace"}
    assert line["status"] == 502
    assert not re.search(rf"canary|callback|{STRANGERS_ADDRESS}|{LOOPBACK}", log.read_text())


@pytest.mark.parametrize("language", ["de", "es", "fr", "ja", "pt-br"])
def test_it_says_the_same_in_each_language_as_other_pages_do(language: str) -> None:
    [section] = re.findall(rf'<section lang="{language}">(.*?)</section>', PAGE, re.S | re.I)
    with translation.override(language):
        for sentence in (
            "You didn't cause this, and no pre-save is lost. Wait a minute, then reload the page.",
            "If you've just come back from Spotify, reloading this page is enough: your consent "
            "still counts for ten minutes.",
            "Try again",
        ):
            assert sentence in PAGE
            assert f">{gettext(sentence)}</" in section
