"""The demo's fans do as people do who are told to wait, or to come back."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qs

import pytest

from demo import fans
from demo.environment import DemoError

BUSY = (503, {"Retry-After": "0"})
IN_LINE = (200, {"Refresh": "0"})
REFUSED: tuple[int, dict[str, str]] = (403, {})
RECEIPT = (303, {"Location": "/receipt/a"})


@dataclass
class Site:
    """Landing page, Spotify and callback in one; answers each fan's consents in this order."""

    address: str = ""
    answers: dict[str, list[tuple[int, dict[str, str]]]] = field(default_factory=dict)
    visits: int = 0

    def answer(self, handler: BaseHTTPRequestHandler) -> tuple[int, dict[str, str]]:
        size = int(handler.headers.get("Content-Length") or 0)
        sent = parse_qs(handler.rfile.read(size).decode())
        path, _, waiting = handler.path.partition("?waiting=")
        if path == "/album/visit":
            self.visits += 1
        [account] = sent.get("account", [waiting])
        if not account:
            return 200, {}
        status, headers = self.answers[account].pop(0)
        if "Refresh" in headers and not waiting:
            return 303, {"Location": f"/callback?waiting={account}"}
        return status, headers


@pytest.fixture
def site() -> Iterator[Site]:
    found = Site()

    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            status, headers = found.answer(self)
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(b'<a href="/album/go">Pre-save</a>')

        do_GET = do_POST = answer

        def log_message(self, *arguments: Any) -> None:
            """Nothing is printed between the tests."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    found.address = f"http://127.0.0.1:{server.server_port}/album"
    thread = Thread(target=server.serve_forever)
    thread.start()
    yield found
    server.shutdown()
    thread.join()
    server.server_close()


def all_in(site: Site) -> int:
    return len(fans.pre_save_all(site.address, [*site.answers], lambda done: None))


def test_who_is_told_to_come_back_taps_again(site: Site) -> None:
    site.answers = {"a": [BUSY, BUSY, RECEIPT], "b": [RECEIPT]}

    assert all_in(site) == 2
    assert site.visits == 4


def test_who_stands_in_line_stays_there(site: Site) -> None:
    site.answers = {"a": [IN_LINE, IN_LINE, IN_LINE, RECEIPT]}

    assert all_in(site) == 1
    assert site.visits == 1


def test_the_others_go_on_without_one_who_is_refused_or_gives_up(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fans, "PATIENCE_SECONDS", -1)
    site.answers = {"a": [REFUSED], "b": [BUSY], "c": [RECEIPT]}

    assert all_in(site) == 1


def test_a_site_that_refuses_everybody_is_told(site: Site) -> None:
    site.answers = {"a": [REFUSED], "b": [REFUSED]}

    with pytest.raises(DemoError, match="got no receipt but status 403"):
        all_in(site)
