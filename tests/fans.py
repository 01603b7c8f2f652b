"""A fan for tests: Django's test client for our pages, HTTP for Spotify's consent page."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from html import unescape
from typing import Any, Final
from urllib.parse import parse_qs, parse_qsl, urlsplit

import requests
from django.http import HttpResponse
from django.test import Client

from campaigns.consent import cookie
from campaigns.models import Campaign
from tests.sandbox_process import Sandbox

# How long a fan reads Spotify's page at least.
READING: Final = timedelta(seconds=1)


class Fan:
    """One browser, with one account at Spotify."""

    def __init__(self, sandbox: Sandbox, account: str = "fan-1") -> None:
        self.client = Client()
        self.sandbox = sandbox
        self.account = account

    @property
    def cookie(self) -> str:
        morsel = self.client.cookies.get("presave")
        return morsel.value if morsel else ""

    @cookie.setter
    def cookie(self, value: str) -> None:
        self.client.cookies["presave"] = value

    def get(self, path: str, **headers: str) -> HttpResponse:
        return self.client.get(path, headers=headers)  # type: ignore[return-value]

    def tap(self, campaign: Campaign, zone: str | None = None) -> str:
        """Tap the landing page's button, a form's if the browser says a zone; the answer is
        Spotify's address to go to.
        """
        path, headers = f"/{campaign.slug}/go", {"sec-fetch-site": "same-origin"}
        if zone is None:
            answer = self.client.get(path, headers=headers)
        else:
            answer = self.client.post(path, {"zone": zone}, headers=headers)
        assert answer.status_code == 302
        self.read_spotifys_page()
        return str(answer.headers["Location"])

    def read_spotifys_page(self) -> None:
        """Nobody comes back at once: the browser was given its cookie some seconds ago."""
        for morsel in self.client.cookies.values():
            pending = cookie.opened(morsel.value)
            if pending:
                at = pending.at - int(READING.total_seconds())
                sealed = cookie.sealed(replace(pending, at=at))
                morsel.set(morsel.key, sealed, sealed)

    def decide(self, authorize_url: str, decision: str = "allow") -> str:
        """Answer Spotify's question; the answer is the path to come back to."""
        url, _, query = authorize_url.partition("?")
        form = {**dict(parse_qsl(query)), "account": self.account, "decision": decision}
        back = urlsplit(
            requests.post(url, form, allow_redirects=False, timeout=10).headers["Location"]
        )
        return f"{back.path}?{back.query}"

    def pre_save(self, campaign: Campaign, zone: str | None = None) -> HttpResponse:
        """All the way; the answer is the callback's."""
        return self.get(self.decide(self.tap(campaign, zone)))

    def receipt_of(self, campaign: Campaign, zone: str | None = None) -> str:
        """All the way; the answer is the receipt's path."""
        answer = self.pre_save(campaign, zone)
        assert answer.status_code == 303
        return str(answer.headers["Location"])


def query_of(url: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}


def ask_for_token(sandbox: Sandbox, form: dict[str, str]) -> int:
    url = f"{sandbox.url}/api/token"
    return requests.post(url, form, auth=sandbox.client, timeout=10).status_code


def text_of(response: Any) -> str:
    """The page as one line, with &#x27; and its like as people see them, so that a test may look
    for a sentence."""
    return unescape(" ".join(response.content.decode().split()))
