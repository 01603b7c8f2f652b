"""A sandbox in its own process, and the few things a test does with it over HTTP."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any
from urllib.parse import parse_qs, urlsplit

import requests

REPOSITORY = Path(__file__).resolve().parents[2]
CLIENT = ("sandbox-client", "sandbox-secret")
REDIRECT_URI = "http://127.0.0.1:8000/callback"
SAVE_SCOPE = "user-library-modify"
ALBUM_ID = "4aawyAB9vmqN3uQ7FjRGTy"
TRACK_ID = "7a3LWj5xSFhFRYmztS8wgK"
ALBUM_URI = f"spotify:album:{ALBUM_ID}"
TRACK_URI = f"spotify:track:{TRACK_ID}"
UPC = "609008295069"
ISRC = "QZAAA2600001"
SECONDS_TO_WAIT = 10


def start_process(*options: str, **environment: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "sandbox", *options],
        cwd=REPOSITORY,
        env={"PYTHONUNBUFFERED": "", "PATH": "", **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@dataclass(frozen=True)
class Tokens:
    access: str
    refresh: str

    @property
    def header(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.access}"}


class Sandbox:
    """A context manager: starts on a free port, stops and closes everything on leaving."""

    def __init__(self, *options: str, **environment: str) -> None:
        self.process = start_process("--port", "0", *options, **environment)
        self.http = requests.Session()
        self.http.trust_env = False
        assert self.process.stdout is not None
        self.ready_line = self.process.stdout.readline()
        self.url = self.ready_line.split()[-1]
        self.api_url = f"{self.url}/v1"

    def __enter__(self) -> Sandbox:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.http.close()
        if self.process.poll() is None:
            self.process.terminate()
        self.process.communicate(timeout=SECONDS_TO_WAIT)

    def script(self, path: str, body: Any = None) -> Any:
        answer = self.http.post(f"{self.url}/_sandbox/{path}", json=body)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def shown(self, path: str) -> Any:
        answer = self.http.get(f"{self.url}/_sandbox/{path}")
        assert answer.status_code == 200, answer.text
        return answer.json()

    def set(self, **settings: Any) -> None:
        self.script("settings", settings)

    def fault(self, endpoint: str, kind: str, **details: Any) -> None:
        self.script("faults", {"endpoint": endpoint, "kind": kind, **details})

    def add_album(self, **details: Any) -> None:
        album = {"kind": "album", "id": ALBUM_ID, "name": "Night Bus", "artists": ["Demo Artist"]}
        self.script("catalogue", {**album, "upc": UPC, **details})

    def add_track(self, **details: Any) -> None:
        track = {"kind": "track", "id": TRACK_ID, "name": "Last Stop", "artists": ["Demo Artist"]}
        self.script("catalogue", {**track, "isrc": ISRC, **details})

    def change(self, uri: str, **details: Any) -> requests.Response:
        body = {"uri": uri, **details}
        return self.http.patch(f"{self.url}/_sandbox/catalogue", json=body)

    def decide(
        self,
        decision: str = "allow",
        account: str = "fan-1",
        **asked: str,
    ) -> requests.Response:
        fields = {**request_for_consent(**asked), "account": account, "decision": decision}
        with requests.Session() as browser:
            browser.trust_env = False
            return browser.post(f"{self.url}/authorize", fields, allow_redirects=False)

    def code(self, account: str = "fan-1", **asked: str) -> str:
        return query_of(self.decide(account=account, **asked))["code"]

    def token(self, **fields: str) -> requests.Response:
        return self.token_as(CLIENT, **fields)

    def token_as(self, client: tuple[str, str], **fields: str) -> requests.Response:
        return self.http.post(f"{self.url}/api/token", fields, auth=client)

    def exchange(self, code: str) -> requests.Response:
        return self.token(grant_type="authorization_code", code=code, redirect_uri=REDIRECT_URI)

    def refresh(self, tokens: Tokens) -> requests.Response:
        return self.token(grant_type="refresh_token", refresh_token=tokens.refresh)

    def consent(self, account: str = "fan-1", scope: str = SAVE_SCOPE) -> Tokens:
        answer = self.exchange(self.code(account, scope=scope)).json()
        return Tokens(answer["access_token"], answer["refresh_token"])

    def app_token(self) -> Tokens:
        answer = self.token(grant_type="client_credentials").json()
        return Tokens(answer["access_token"], "")

    def get(self, path: str, tokens: Tokens, **query: str | int) -> requests.Response:
        return self.http.get(f"{self.api_url}{path}", params=query, headers=tokens.header)

    def save(self, tokens: Tokens, *uris: str) -> requests.Response:
        query = {"uris": ",".join(uris)}
        return self.http.put(f"{self.api_url}/me/library", params=query, headers=tokens.header)

    def library(self, account: str = "fan-1") -> dict[str, str]:
        saved: dict[str, str] = self.shown(f"libraries/{account}")
        return saved

    def calls(self, endpoint: str) -> list[dict[str, Any]]:
        calls: list[dict[str, Any]] = self.shown(f"calls?endpoint={endpoint}")["calls"]
        return calls


def request_for_consent(**changes: str) -> dict[str, str]:
    asked = {
        "client_id": CLIENT[0],
        "response_type": "code",
        "redirect_uri": REDIRECT_URI,
        "scope": SAVE_SCOPE,
        "state": "a-state",
    }
    return {**asked, **changes}


def query_of(redirect: requests.Response) -> dict[str, str]:
    query = parse_qs(urlsplit(redirect.headers["Location"]).query)
    return {name: values[0] for name, values in query.items()}


def error_of(response: requests.Response) -> tuple[int, str]:
    """The status and message, which the body must repeat."""
    error = response.json()["error"]
    assert error["status"] == response.status_code
    return response.status_code, error["message"]


def token_error_of(response: requests.Response) -> tuple[int, str, str]:
    body = response.json()
    return response.status_code, body["error"], body["error_description"]
