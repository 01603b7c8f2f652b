"""deploy/away.html, which Caddy shows while web is away, and what its log says of that."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import requests
from django.utils import translation
from django.utils.translation import gettext

from embedded.processes import LOOPBACK, free_port, wait_until
from tests import slow_clients

PAGE = (Path(__file__).resolve().parent.parent / "deploy" / "away.html").read_text()
STRANGERS_ADDRESS = "198.51.100.7"
METHODS = ("GET", "POST")


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("caddy") / "caddy.log"


@pytest.fixture(scope="module")
def answers(log: Path) -> Iterator[dict[str, requests.Response]]:
    """What Caddy says alone, to all at once: it waits for web before it answers."""
    told_by_nobody = {
        "X-Forwarded-For": STRANGERS_ADDRESS,
        "User-Agent": "canary",
        "Cookie": "canary",
    }
    caddy = slow_clients.proxy(free_port(), log.parent, waits="1s")
    with caddy as port, ThreadPoolExecutor() as visitors:
        site = f"http://{LOOPBACK}:{port}"
        asked = {
            method: visitors.submit(
                requests.request,
                *(method, f"{site}/callback?code=canary"),
                headers=told_by_nobody,
                data="a=b",
                timeout=60,
            )
            for method in METHODS
        }
        yield {method: answer.result() for method, answer in asked.items()}


@pytest.mark.parametrize("method", METHODS)
def test_whoever_comes_while_web_is_away_is_told(
    answers: dict[str, requests.Response], method: str
) -> None:
    answer = answers[method]
    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "30"
    assert answer.headers["Cache-Control"] == "no-store"
    assert "Server" not in answer.headers
    assert answer.content.decode() == PAGE


def test_the_page_needs_nothing_else_and_its_policy_allows_nothing_else(
    answers: dict[str, requests.Response],
) -> None:
    [style] = re.findall(r"<style>(.*?)</style>", PAGE, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    policy = answers["GET"].headers["Content-Security-Policy"]
    assert f"default-src 'none'; style-src 'sha256-{digest}';" in policy
    assert not re.search(r"(src|style)=|url\(|<script|<link", PAGE)
    assert set(re.findall(r'href="(.*?)"', PAGE)) == {""}
    assert len(PAGE.encode()) < 5_000


@pytest.mark.usefixtures("answers")
def test_the_log_has_a_line_for_each_that_names_nobody(log: Path) -> None:
    wait_until(
        lambda: log.read_text().count("in place of web") == len(METHODS), 30, "a line for each"
    )
    about_web = [line for line in log.read_text().splitlines() if "in place of web" in line]
    for line in map(json.loads, about_web):
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
