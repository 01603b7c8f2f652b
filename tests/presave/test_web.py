"""What reaches Django, and what is refused before it; granian's part is played by hand."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from io import BytesIO
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import pytest
from django.conf import settings
from django.db import connections
from django.test import Client

from campaigns.models import User
from presave import web
from tests import factory

if TYPE_CHECKING:
    from pytest_django import Settings

FORM = "application/x-www-form-urlencoded"
TOO_LONG = str(web.MOST_BYTES + 1)


class Request:
    """One request; `answer` is what was sent back, a file by its path."""

    def __init__(
        self,
        method: str = "GET",
        path: str = "/healthz",
        headers: list[tuple[str, str]] | None = None,
        body: bytes | None = b"",
    ) -> None:
        named = [("host", "127.0.0.1"), *(headers or [])]
        self.scope: web.Scope = {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.3"},
            "http_version": "1.1",
            "method": method,
            "scheme": "http",
            "path": path,
            "raw_path": path.encode(),
            "query_string": "q=Łódź%20".encode(),
            "root_path": "",
            "headers": [(name.encode(), value.encode()) for name, value in named],
            "client": ("::1", 50000),
            "server": ("127.0.0.1", 8000),
            "extensions": {},
        }
        self._rest = body

    async def receive(self) -> dict[str, Any]:
        if self._rest is None:  # it drips
            await asyncio.Event().wait()
        rest = self._rest or b""
        part, self._rest = rest[:1000], rest[1000:]
        return {"type": "http.request", "body": part, "more_body": bool(self._rest)}

    async def take(self, event: dict[str, Any]) -> None:
        if event["type"] == "http.response.start":
            headers = {name.decode(): value.decode() for name, value in event["headers"]}
            self.answer = (event["status"], headers, b"")
        elif event["type"] == "http.response.pathsend":
            self.answer = (*self.answer[:2], event["path"].encode())
        elif event["type"] == "http.response.body":
            self.answer = (*self.answer[:2], event["body"])

    def send(self) -> tuple[int, dict[str, str], bytes]:
        asyncio.run(web.application(self.scope, self.receive, self.take))
        return self.answer


class Threads(ThreadPoolExecutor):
    """They keep no connection to the database of a test."""

    def submit(self, work: Callable[..., Any], /, *given: Any, **named: Any) -> Future[Any]:
        def work_and_close() -> Any:
            try:
                return work(*given, **named)
            finally:
                connections.close_all()

        return super().submit(work_and_close)


@pytest.fixture(autouse=True)
def threads(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with Threads(4) as pool:
        monkeypatch.setattr(web, "_threads", pool)
        yield


@pytest.fixture
def logged_in(transactional_db: None) -> list[tuple[str, str]]:
    return session_of(factory.make_user())


def session_of(user: User) -> list[tuple[str, str]]:
    client = Client()
    client.force_login(user)
    return [("cookie", f"{settings.SESSION_COOKIE_NAME}={client.session.session_key}")]


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
    assert (status, headers["Content-Type"], body) == (200, "text/plain; charset=utf-8", b"ok\n")


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


def test_a_cover_arrives_whole(seen: dict[str, Any], logged_in: list[tuple[str, str]]) -> None:
    body = bytes(web.MOST_BYTES + 1)
    headers = form(len(body), "multipart/form-data; boundary=x") + logged_in
    assert Request("POST", "/dashboard/new", headers, body).send()[0] == 204
    assert seen["body"] == body


def test_a_request_is_told_as_wsgi_tells_it(seen: dict[str, Any]) -> None:
    cookies = [("cookie", "a=1"), ("cookie", "b=2")]
    Request(path="/größe", headers=cookies).send()
    assert seen["PATH_INFO"].encode("latin-1").decode() == "/größe"
    assert seen["HTTP_COOKIE"] == "a=1; b=2"
    assert (seen["REMOTE_ADDR"], seen["SERVER_PORT"]) == ("::1", "8000")
    assert seen["QUERY_STRING"].encode("latin-1").decode() == "q=Łódź%20"
    assert seen["SERVER_PROTOCOL"] == "HTTP/1.1"


def test_an_address_or_a_cookie_of_another_site_may_have_any_letters() -> None:
    """A domain's cookies come to all of its hosts, and a link is sent as somebody wrote it."""
    cookies = [("cookie", "town=Łódź; language=de")]
    assert Request(path="/privacy", headers=cookies).send()[0] == 200


def test_no_header_passes_for_one_that_the_proxy_sets(seen: dict[str, Any]) -> None:
    Request(headers=[("x-forwarded-for", "192.0.2.1"), ("x_forwarded_for", "192.0.2.9")]).send()
    assert seen["HTTP_X_FORWARDED_FOR"] == "192.0.2.1"


def through(peer: str, **headers: str) -> Request:
    named = [(name.replace("_", "-"), value) for name, value in headers.items()]
    request = Request(path="/static/campaigns/base.css", headers=named)
    request.scope = {**request.scope, "client": (peer, 50000)}
    return request


CADDY = "172.18.0.3"
BY_HTTPS = {"x_forwarded_for": "198.51.100.7", "x_forwarded_proto": "https"}


def test_a_trusted_proxy_says_whose_request_it_is_and_by_what_scheme(seen: dict[str, Any]) -> None:
    through(CADDY, **BY_HTTPS).send()
    assert (seen["REMOTE_ADDR"], seen["wsgi.url_scheme"]) == ("198.51.100.7", "https")


def test_what_a_client_says_of_itself_counts_for_nothing(seen: dict[str, Any]) -> None:
    through("203.0.113.9", **BY_HTTPS).send()
    assert (seen["REMOTE_ADDR"], seen["wsgi.url_scheme"]) == ("203.0.113.9", "http")
    through(CADDY, x_forwarded_for="192.0.2.66, 198.51.100.7").send()
    assert seen["REMOTE_ADDR"] == "198.51.100.7"


def test_of_a_chain_of_proxies_each_has_to_be_trusted(seen: dict[str, Any]) -> None:
    chain = {"x_forwarded_for": "198.51.100.7, 10.0.0.5", "x_forwarded_proto": "https"}
    through("127.0.0.1", **chain).send()
    assert seen["REMOTE_ADDR"] == "198.51.100.7"


@pytest.mark.parametrize("said", [None, "http,https", "HTTPS", "on"])
def test_a_proxy_that_says_no_scheme_is_told_instead_of_redirected(
    said: str | None, settings: Settings
) -> None:
    settings.SECURE_SSL_REDIRECT = True
    headers = {"x_forwarded_for": "198.51.100.7"} | ({"x_forwarded_proto": said} if said else {})
    status, _, body = through(CADDY, **headers).send()
    assert status == 400
    assert b"has to send `X-Forwarded-Proto: https`, that one word" in body


def test_a_proxy_that_is_not_trusted_is_told_so(settings: Settings) -> None:
    settings.SECURE_SSL_REDIRECT = True
    status, _, body = through("203.0.113.9", **BY_HTTPS).send()
    assert status == 400
    assert b"203.0.113.9 sends X-Forwarded-Proto, and is not in TRUSTED_PROXIES" in body


def test_a_proxy_that_does_not_say_for_whom_is_told_so(settings: Settings) -> None:
    settings.SECURE_SSL_REDIRECT = True
    assert b"but no X-Forwarded-For" in through(CADDY, x_forwarded_proto="https").send()[2]


def test_http_goes_on_to_its_redirect_and_probes_are_answered(settings: Settings) -> None:
    settings.SECURE_SSL_REDIRECT = True
    by_http = BY_HTTPS | {"x_forwarded_proto": "http"}
    assert through(CADDY, **by_http).send()[0] == 200
    assert through(CADDY, **BY_HTTPS).send()[0] == 200
    assert Request(path="/healthz").send()[0] == 200


def test_a_body_that_nobody_needs_is_left_alone(seen: dict[str, Any]) -> None:
    assert Request("PUT", headers=form(1000), body=None).send()[0] == 204
    assert (seen["body"], seen["CONTENT_LENGTH"]) == (b"", "")


def test_nobody_traces(seen: dict[str, Any]) -> None:
    assert Request("TRACE", "/healthz").send()[0] == 405
    assert not seen


@pytest.mark.parametrize(
    ("path", "headers", "status"),
    [
        ("/demo/go", [("transfer-encoding", "chunked"), ("content-type", FORM)], 411),
        ("/demo/go", form("-1"), 411),
        ("/demo/go", form("1, 1"), 411),
        ("/demo/go", form(TOO_LONG), 413),
        ("/accounts/login/", form(TOO_LONG), 413),
        ("/dashboard", form(TOO_LONG), 413),
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


def test_a_sender_who_goes_has_sent_no_request(seen: dict[str, Any]) -> None:
    request = Request("POST", "/demo/go", form(5))

    async def gone() -> dict[str, Any]:
        return {"type": "http.disconnect"}

    asyncio.run(web.application(request.scope, gone, request.take))
    assert request.answer[0] == 400
    assert not seen


@pytest.mark.parametrize("cookie", ["", "session=made-up", "csrf=of-a-log-in-page"])
def test_nothing_large_is_read_for_somebody_who_is_logged_out(
    cookie: str, transactional_db: None
) -> None:
    length = settings.LARGEST_FORM
    headers = [*form(length, "multipart/form-data; boundary=x"), ("cookie", cookie)]
    status, sent, page = Request("POST", "/dashboard/new", headers, body=None).send()
    assert (status, sent["connection"]) == (403, "close")
    assert b"Open the form again" in page


@pytest.mark.parametrize("length", [0, 1_000_000])
def test_silence_ends_a_large_body_within_seconds_however_much_has_come(
    length: int,
    seen: dict[str, Any],
    logged_in: list[tuple[str, str]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(web, "SECONDS", 0.1)
    monkeypatch.setattr(web, "SLOWEST", 1)
    request = Request("POST", "/dashboard/new", form(settings.LARGEST_FORM) + logged_in)
    rest = bytes(length)

    async def begin_and_stop() -> dict[str, Any]:
        nonlocal rest
        if not rest:
            await asyncio.Event().wait()
        part, rest = rest, b""
        return {"type": "http.request", "body": part, "more_body": True}

    asyncio.run(web.application(request.scope, begin_and_stop, request.take))
    assert (seen[web.UNREAD], seen["body"]) == (408, b"")


def test_a_body_that_never_stops_to_drip_is_given_up(
    seen: dict[str, Any], logged_in: list[tuple[str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(web, "SECONDS", 0.1)
    request = Request("POST", "/dashboard/new", form(settings.LARGEST_FORM) + logged_in)

    ends = time.monotonic() + 5

    async def drip() -> dict[str, Any]:
        await asyncio.sleep(0.01)  # a hundred bytes a second
        return {"type": "http.request", "body": b"a", "more_body": time.monotonic() < ends}

    asyncio.run(web.application(request.scope, drip, request.take))
    assert seen[web.UNREAD] == 408


@pytest.mark.parametrize(
    ("length", "most_held", "status", "sentence"),
    [
        (settings.LARGEST_FORM + 1, web.MOST_HELD, 413, "Choose an image of at most 25 MB"),
        (web.MOST_BYTES + 1, web.MOST_BYTES, 503, "Try again in a minute"),
    ],
)
def test_a_person_is_told_why_their_cover_was_not_read(
    length: int,
    most_held: int,
    status: int,
    sentence: str,
    logged_in: list[tuple[str, str]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(web, "MOST_HELD", most_held)
    headers = form(length, "multipart/form-data; boundary=x") + logged_in
    body = bytes(web.MOST_BYTES + 1)
    refused, sent, page = Request("POST", "/dashboard/new", headers, body).send()
    assert refused == status
    assert sentence in page.decode()
    assert sent.get("Retry-After") == ("60" if status == 503 else None)


def test_large_bodies_never_fill_the_memory(
    seen: dict[str, Any], logged_in: list[tuple[str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(web, "MOST_HELD", web.MOST_BYTES)
    large = bytes(web.MOST_BYTES + 1)
    headers = form(len(large)) + logged_in
    Request("POST", "/dashboard/new", headers, large).send()
    assert (seen[web.UNREAD], seen["body"]) == (503, b"")
    small = bytes(20)
    assert Request("POST", "/demo/go", form(len(small)), small).send()[0] == 204


def test_one_sender_leaves_room_for_others_and_a_body_counts_until_it_is_answered(
    logged_in: list[tuple[str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings, "LARGEST_FORM", web.MOST_BYTES + 10)
    large = bytes(web.MOST_BYTES + 1)
    unread: list[Any] = []

    def send(number: int, cookie: list[tuple[str, str]]) -> None:
        Request("POST", f"/dashboard/{number}", form(len(large)) + cookie, large).send()

    def application(environ: dict[str, Any], start: Callable[..., Any]) -> Any:
        """The first is unread still, while others come."""
        if environ["PATH_INFO"] == "/dashboard/1":
            send(2, logged_in)
            send(3, another)
        unread.append((environ["PATH_INFO"][-1], environ.get(web.UNREAD)))
        start("204 No Content", [])
        return BytesIO()

    another = session_of(factory.make_user())
    monkeypatch.setattr(web, "_django", application)
    send(1, logged_in)
    send(4, logged_in)
    assert unread == [("2", 503), ("3", None), ("1", None), ("4", None)]
