"""Spotify's stand-in for tests of the product: a real process, spoken to over HTTP."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from embedded import processes

if TYPE_CHECKING:
    from pytest_django import Settings

START_SECONDS = 20
SAVE_SCOPE = "user-library-modify"
ALBUM_URI = "spotify:album:4aawyAB9vmqN3uQ7FjRGTy"
TRACK_URI = "spotify:track:7a3LWj5xSFhFRYmztS8wgK"
UPC = "609008295069"
ISRC = "QZAAA2600001"


def window(
    begins: float | None = None, ends: float | None = None, share: float = 1
) -> dict[str, Any]:
    """From so many seconds after now until so many after it, the share of calls that see an item;
    a side that is not named is open.
    """
    now = datetime.now(UTC)
    bounds = {
        name: None if seconds is None else (now + timedelta(seconds=seconds)).isoformat()
        for name, seconds in (("from", begins), ("until", ends))
    }
    return {**bounds, "share": share}


class Sandbox:
    """Knows the same app as the product's settings: client id, secret and redirect URI."""

    def __init__(self) -> None:
        self.client = (os.environ["SPOTIFY_CLIENT_ID"], os.environ["SPOTIFY_CLIENT_SECRET"])
        self.redirect_uri = f"{os.environ['PUBLIC_URL']}/callback"
        self._http = requests.Session()
        self._http.trust_env = False
        self._directory = tempfile.TemporaryDirectory(prefix="presave-sandbox-")
        self.process = processes.spawn(
            [
                *(sys.executable, "-u", "-m", "sandbox", "--port", "0"),
                *("--client-id", self.client[0], "--redirect-uri", self.redirect_uri),
            ],
            env={**os.environ, "SANDBOX_CLIENT_SECRET": self.client[1]},
            log_path=Path(self._directory.name) / "sandbox.log",
        )
        processes.wait_until(
            lambda: "listening on" in self.process.log, START_SECONDS, "The sandbox", self.process
        )
        self.url = self.process.log.split()[-1]

    @property
    def environment(self) -> dict[str, str]:
        """What points a process of the product at this sandbox."""
        return {"SPOTIFY_ACCOUNTS_URL": self.url, "SPOTIFY_API_URL": f"{self.url}/v1"}

    def stop(self) -> None:
        self._http.close()
        self.process.stop()
        self._directory.cleanup()

    def post(self, path: str, body: Any = None) -> Any:
        """Script the sandbox through its control API."""
        return self._answer(self._http.post(f"{self.url}/_sandbox/{path}", json=body))

    def get(self, path: str) -> Any:
        return self._answer(self._http.get(f"{self.url}/_sandbox/{path}"))

    def delete(self, path: str) -> Any:
        return self._answer(self._http.delete(f"{self.url}/_sandbox/{path}"))

    def patch(self, path: str, body: Any) -> Any:
        return self._answer(self._http.patch(f"{self.url}/_sandbox/{path}", json=body))

    def set(self, **settings: Any) -> None:
        self.post("settings", settings)

    def fault(self, endpoint: str, kind: str = "status", **details: Any) -> None:
        self.post("faults", {"endpoint": endpoint, "kind": kind, **details})

    def add_album(self, **details: Any) -> None:
        album = {"kind": "album", "id": ALBUM_URI.split(":")[2], "name": "Night Bus", "upc": UPC}
        self.post("catalogue", {**album, **details})

    def add_track(self, **details: Any) -> None:
        track = {"kind": "track", "id": TRACK_URI.split(":")[2], "name": "Night Bus", "isrc": ISRC}
        self.post("catalogue", {**track, **details})

    def change(self, uri: str, **details: Any) -> None:
        """Change an item that is in the catalogue and leave what is not named."""
        self.patch("catalogue", {"uri": uri, **details})

    def show(self, uri: str, *windows: dict[str, Any], seed: int = 0) -> None:
        """Make an item visible in these windows only; without any, always."""
        self.change(uri, windows=list(windows), seed=seed)

    def hide(self, uri: str) -> None:
        """Take an item out of sight and keep it, so that it can be shown again."""
        self.show(uri, window(share=0))

    def add_fans(self, count: int) -> list[str]:
        self.post("users", {"count": count})
        return [f"fan-{number}" for number in range(1, count + 1)]

    def consent(self, account: str = "fan-1", scope: str = SAVE_SCOPE) -> str:
        """Let a fan allow `scope`; the answer is the code that Spotify's redirect carries."""
        form = {
            "client_id": self.client[0],
            "response_type": "code",
            "redirect_uri": self.redirect_uri,
            "scope": scope,
            "account": account,
            "decision": "allow",
        }
        answer = self._http.post(f"{self.url}/authorize", form, allow_redirects=False)
        return parse_qs(urlsplit(answer.headers["Location"]).query)["code"][0]

    def tokens(self, account: str = "fan-1", scope: str = SAVE_SCOPE) -> dict[str, Any]:
        """Spotify's raw answer to a consent of the fan: access_token, refresh_token, scope."""
        form = {
            "grant_type": "authorization_code",
            "code": self.consent(account, scope),
            "redirect_uri": self.redirect_uri,
        }
        answer = self._http.post(f"{self.url}/api/token", form, auth=self.client)
        tokens: dict[str, Any] = self._answer(answer)
        return tokens

    def permission(self, account: str = "fan-1", scope: str = SAVE_SCOPE) -> str:
        """A refresh token, as the product holds it for a fan."""
        return str(self.tokens(account, scope)["refresh_token"])

    def permissions(self, count: int) -> dict[str, str]:
        """Refresh tokens of fan-1, fan-2, … by account."""
        answer = self.post("consents", {"count": count, "scope": SAVE_SCOPE})
        tokens: dict[str, str] = answer["refresh_tokens"]
        return tokens

    def library(self, account: str = "fan-1") -> dict[str, str]:
        saved: dict[str, str] = self.get(f"libraries/{account}")
        return saved

    def libraries(self) -> dict[str, dict[str, str]]:
        saved: dict[str, dict[str, str]] = self.get("libraries")
        return saved

    def calls(self, endpoint: str = "") -> list[dict[str, Any]]:
        query = f"?endpoint={endpoint}" if endpoint else ""
        calls: list[dict[str, Any]] = self.get(f"calls{query}")["calls"]
        return calls

    def _answer(self, response: requests.Response) -> Any:
        assert response.status_code == 200, response.text
        return response.json()


@pytest.fixture(scope="session")
def sandbox_process() -> Iterator[Sandbox]:
    sandbox = Sandbox()
    yield sandbox
    sandbox.stop()


@pytest.fixture
def sandbox(sandbox_process: Sandbox, settings: Settings) -> Sandbox:
    """An empty sandbox with five fans, and the product pointed at it."""
    from campaigns.spotify import catalogue_calls

    sandbox_process.post("reset")
    settings.SPOTIFY_ACCOUNTS_URL = sandbox_process.url
    settings.SPOTIFY_API_URL = f"{sandbox_process.url}/v1"
    catalogue_calls.APP_TOKEN.forget()
    return sandbox_process
