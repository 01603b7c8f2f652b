"""As much of a browser as the smoke test needs: cookies, redirects, forms, *.localhost."""

from __future__ import annotations

import http.cookiejar
import json
import re
import secrets
import socket
import ssl
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from html import unescape
from typing import Any
from urllib.parse import urlencode, urljoin

SECONDS = 60
_look_up = socket.getaddrinfo


class SmokeError(Exception):
    """What was expected, and what was there instead."""


def _as_browsers_do(host: Any, *more: Any, **named: Any) -> Any:
    """Names below .localhost are this machine, also where its resolver knows nothing of them."""
    at_home = isinstance(host, str) and host.endswith(".localhost")
    return _look_up("127.0.0.1" if at_home else host, *more, **named)


socket.getaddrinfo = _as_browsers_do


@dataclass(frozen=True)
class Page:
    """An answer after all redirects."""

    url: str
    status: int
    text: str

    def expect(self, is_so: object, what: str) -> None:
        """Raises SmokeError with the words of the page."""
        if not is_so:
            words = re.sub(r"(?s)<(script|style).*?</\1>|<[^>]+>|\s+", " ", self.text)
            shown = re.sub(" +", " ", words)[:800]
            raise SmokeError(f"Expected that {what}, but {self.status} at {self.url}: {shown}")


class Browser:
    """One person's, with a cookie jar of its own."""

    def __init__(self, trusted: ssl.SSLContext) -> None:
        self._opener = urllib.request.build_opener(
            urllib.request.HTTPSHandler(context=trusted),
            urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar()),
        )

    def get(self, url: str, **headers: str) -> Page:
        return self._send(urllib.request.Request(url, headers=headers))

    def submit(
        self, page: Page, mark: str, fields: Mapping[str, str], file: bytes | None = None
    ) -> Page:
        """Send the page's form that holds the mark; `file` is its artwork."""
        forms = re.findall(r"(?s)<form\b.*?</form>", page.text)
        form = next((form for form in forms if mark in form), "")
        page.expect(form, f"there is a form with {mark}")
        action = re.search(r'<form[^>]*\saction="([^"]*)"', form)
        body, kind = _encoded({**_hidden_fields(form), **fields}, file)
        url = urljoin(page.url, unescape(action[1])) if action else page.url
        headers = {"Content-Type": kind, "Referer": page.url, "Origin": _origin(page.url)}
        return self._send(urllib.request.Request(url, data=body, headers=headers))

    def _send(self, request: urllib.request.Request) -> Page:
        request.add_header("Sec-Fetch-Site", "same-origin")
        try:
            answer = self._opener.open(request, timeout=SECONDS)
        except urllib.error.HTTPError as error:
            answer = error
        with answer:
            return Page(answer.url, answer.status, answer.read().decode("utf-8", "replace"))


def control(url: str, body: object = None) -> Any:
    """The sandbox's own control: JSON in and out."""
    data = None if body is None else json.dumps(body).encode()
    headers = {"Content-Type": "application/json"}
    request = urllib.request.Request(url, data=data, headers=headers)
    with urllib.request.urlopen(request, timeout=SECONDS) as answer:
        return json.load(answer)


def _origin(url: str) -> str:
    return urljoin(url, "/").rstrip("/")


def _hidden_fields(form: str) -> dict[str, str]:
    found = {}
    for tag in re.findall(r'<input[^>]*type="hidden"[^>]*>', form):
        name, value = re.search(r'name="([^"]+)"', tag), re.search(r'value="([^"]*)"', tag)
        if name:
            found[name[1]] = unescape(value[1]) if value else ""
    return found


def _encoded(fields: Mapping[str, str], file: bytes | None) -> tuple[bytes, str]:
    if file is None:
        return urlencode(fields).encode(), "application/x-www-form-urlencoded"
    boundary = secrets.token_hex(16)
    parts = [
        f'Content-Disposition: form-data; name="{name}"\r\n\r\n{value}'.encode()
        for name, value in fields.items()
    ]
    head = 'Content-Disposition: form-data; name="artwork"; filename="cover.png"\r\n'
    parts.append(f"{head}Content-Type: image/png\r\n\r\n".encode() + file)
    start = f"--{boundary}\r\n".encode()
    body = start + f"\r\n--{boundary}\r\n".encode().join(parts) + f"\r\n--{boundary}--\r\n".encode()
    return body, f"multipart/form-data; boundary={boundary}"
