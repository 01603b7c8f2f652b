"""What reaches Django, and what is refused before it; granian's part is played by hand."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any
from urllib.parse import urlencode

import pytest
from django.conf import settings

from presave import web

FORM = "application/x-www-form-urlencoded"
TOO_LONG = str(web.MOST_BYTES + 1)


class Headers(list[tuple[str, str]]):
    def items(self) -> list[tuple[str, str]]:
        return self


class Request:
    """Scope and line of one request; `answer` is what was sent back."""

    http_version, scheme = "1.1", "http"
    server, client = "127.0.0.1:8000", "[::1]:50000"

    def __init__(
        self,
        method: str = "GET",
        path: str = "/healthz",
        headers: list[tuple[str, str]] | None = None,
        body: bytes | None = b"",
    ) -> None:
        self.method, self.path, self.query_string = method, path, "a=1"
        self.headers = Headers([("host", "127.0.0.1"), *(headers or [])])
        self._body = body

    async def __aiter__(self) -> AsyncIterator[bytes]:
        if self._body is None:  # it drips
            await asyncio.Event().wait()
        for at in range(0, len(self._body or b""), 10):
            yield (self._body or b"")[at : at + 10]

    def response_bytes(self, status: int, headers: list[tuple[str, str]], body: bytes) -> None:
        self.answer = (status, dict(headers), body)

    def response_file(self, status: int, headers: list[tuple[str, str]], file: str) -> None:
        self.answer = (status, dict(headers), file.encode())

    def send(self) -> tuple[int, dict[str, str], bytes]:
        asyncio.run(web.application(self, self))
        return self.answer


@pytest.fixture
def seen(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What an application in Django's place was given."""
    found: dict[str, Any] = {}

    def application(environ: dict[str, Any], start: Callable[..., Any]) -> Any:
        found.update(environ, body=environ["wsgi.input"].read())
        start("204 No Content", [])
        return web._File(environ["wsgi.input"], 10)

    monkeypatch.setattr(web, "_django", application)
    return found


def form(length: int | str, kind: str = FORM) -> list[tuple[str, str]]:
    return [("content-length", str(length)), ("content-type", kind)]


def test_django_answers() -> None:
    status, headers, body = Request().send()
    assert (status, headers["Content-Type"], body) == (200, "text/plain", b"ok\n")


def test_a_file_is_sent_by_granian() -> None:
    status, _, path = Request(path="/static/campaigns/base.css").send()
    assert status == 200
    assert path.decode() == str(settings.STATIC_ROOT / "campaigns" / "base.css")


def test_a_part_of_a_file_is_that_part() -> None:
    whole = (settings.STATIC_ROOT / "campaigns" / "base.css").read_bytes()
    request = Request(path="/static/campaigns/base.css", headers=[("range", "bytes=5-14")])
    status, _, part = request.send()
    assert (status, part) == (206, whole[5:15])


def test_a_form_arrives_whole(seen: dict[str, Any]) -> None:
    body = urlencode({"zone": "Europe/Berlin"}).encode()
    assert Request("POST", "/demo/go", form(len(body)), body).send()[0] == 204
    assert seen["body"] == body
    assert seen["CONTENT_TYPE"] == FORM


def test_a_cover_arrives_whole(seen: dict[str, Any]) -> None:
    body = bytes(web.MOST_BYTES + 1)
    headers = form(len(body), "multipart/form-data; boundary=x")
    assert Request("POST", "/dashboard/new", headers, body).send()[0] == 204
    assert seen["body"] == body


def test_a_request_is_told_as_wsgi_tells_it(seen: dict[str, Any]) -> None:
    cookies = [("cookie", "a=1"), ("cookie", "b=2"), ("x-forwarded-for", "192.0.2.1")]
    Request(path="/größe", headers=cookies).send()
    assert seen["PATH_INFO"].encode("latin-1").decode() == "/größe"
    assert seen["HTTP_COOKIE"] == "a=1; b=2"
    assert (seen["REMOTE_ADDR"], seen["SERVER_PORT"]) == ("::1", "8000")
    assert (seen["QUERY_STRING"], seen["SERVER_PROTOCOL"]) == ("a=1", "HTTP/1.1")


def test_no_header_passes_for_one_that_the_proxy_sets(seen: dict[str, Any]) -> None:
    Request(headers=[("x-forwarded-for", "192.0.2.1"), ("x_forwarded_for", "192.0.2.9")]).send()
    assert seen["HTTP_X_FORWARDED_FOR"] == "192.0.2.1"


def test_a_body_that_nobody_needs_is_left_alone(seen: dict[str, Any]) -> None:
    assert Request("PUT", headers=form(1000), body=None).send()[0] == 204
    assert (seen["body"], seen["CONTENT_LENGTH"]) == (b"", "")


@pytest.mark.parametrize(
    ("path", "headers", "status"),
    [
        ("/demo/go", [("transfer-encoding", "chunked"), ("content-type", FORM)], 411),
        ("/demo/go", form("-1"), 411),
        ("/demo/go", form("1, 1"), 411),
        ("/demo/go", form(TOO_LONG), 413),
        ("/accounts/login/", form(TOO_LONG), 413),
        ("/dashboard", form(TOO_LONG), 413),
        ("/dashboard/new", form(settings.LARGEST_FORM + 1), 413),
        ("/demo/go", form(5, "text/plain"), 415),
        ("/demo/go", [("content-length", "5")], 415),
    ],
)
def test_what_no_form_needs_is_refused_unread(
    path: str, headers: list[tuple[str, str]], status: int, seen: dict[str, Any]
) -> None:
    refused = Request("POST", path, headers, body=None).send()
    assert refused == (status, {"connection": "close"}, b"")
    assert not seen


def test_a_body_that_drips_is_given_up(
    seen: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(web, "SECONDS", 0)
    assert Request("POST", "/demo/go", form(5), body=None).send()[0] == 408
    assert not seen


def test_a_body_that_ends_early_is_no_request(seen: dict[str, Any]) -> None:
    assert Request("POST", "/demo/go", form(50), b"zone=").send()[0] == 400
    assert not seen


def test_large_bodies_never_fill_the_memory(
    seen: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(web, "MOST_HELD", web.MOST_BYTES)
    large = bytes(web.MOST_BYTES + 1)
    assert Request("POST", "/dashboard/new", form(len(large)), large).send()[0] == 503
    assert not seen
    small = bytes(20)
    assert Request("POST", "/demo/go", form(len(small)), small).send()[0] == 204
