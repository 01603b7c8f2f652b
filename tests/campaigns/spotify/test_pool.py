"""The connections of a release night: nothing but the connection is kept between two calls, nobody
listens in, and what is given up is gone. What else comes over the wire is in test_http.py.
"""

from __future__ import annotations

import resource
import socket
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest
from pytest_django import Settings

from campaigns.keyring import Secret
from campaigns.spotify import Answered, FanCalls, Slots, http, pool
from campaigns.spotify.answers import Grant, SpotifyError
from tests.sandbox_process import ALBUM_URI, Sandbox
from tests.tls import server_nobody_trusts

AT_ONCE = Slots(0, 0)
ENOUGH_SECONDS = 30


def saved(calls: FanCalls[int], fans: int = 1) -> list[Grant | SpotifyError | None]:
    calls.save({fan: Secret("BQ-canary") for fan in range(fans)}, ALBUM_URI, AT_ONCE)
    answers: list[Answered[int]] = []
    while len(answers) < fans:
        answers += calls.collect(0, 1)
    return [answer.result for answer in answers]


def test_a_certificate_that_nobody_trusts_is_no_spotify(tmp_path: Path, settings: Settings) -> None:
    with server_nobody_trusts(tmp_path) as settings.SPOTIFY_API_URL, FanCalls[int](1) as calls:
        (result,) = saved(calls)
    assert isinstance(result, SpotifyError)
    assert result.reason == "unreachable"


def test_the_operators_own_authorities_are_believed(
    tmp_path: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "certificate.pem"))
    with server_nobody_trusts(tmp_path) as settings.SPOTIFY_API_URL, FanCalls[int](1) as calls:
        (result,) = saved(calls)
    assert isinstance(result, SpotifyError)
    assert result.reason == "unusable_answer", "of its 204"


class Listener(Thread):
    """Answers what comes on one connection after the other, and notes it."""

    def __init__(self, answer: bytes) -> None:
        super().__init__()
        self.asked: list[bytes] = []
        self.hung_up, self.came = Event(), Event()
        self._answer, self._stopped = answer, Event()
        self._listening = socket.create_server(("127.0.0.1", 0))
        self._listening.settimeout(0.02)
        self.address = f"http://127.0.0.1:{self._listening.getsockname()[1]}"

    def run(self) -> None:
        while not self._stopped.is_set():
            try:
                connection, _ = self._listening.accept()
            except TimeoutError:
                continue
            with connection:
                connection.settimeout(ENOUGH_SECONDS)
                while came := connection.recv(65536):
                    self.asked.append(came)
                    connection.sendall(self._answer)
                    self.came.set()
            self.hung_up.set()

    def __enter__(self) -> Listener:
        self.start()
        return self

    def __exit__(self, *exception: Any) -> None:
        self._stopped.set()
        self.join()
        self._listening.close()


def test_a_connection_is_kept_and_a_cookie_is_not(settings: Settings) -> None:
    answer = b"HTTP/1.1 200 OK\r\nSet-Cookie: sp_t=canary; Path=/\r\nContent-Length: 0\r\n\r\n"
    with Listener(answer) as spotify:
        settings.SPOTIFY_API_URL = spotify.address
        with FanCalls[int](1) as calls:
            assert saved(calls, fans=3) == [None] * 3
            assert not spotify.hung_up.is_set(), "one connection served them all"
        assert spotify.hung_up.wait(ENOUGH_SECONDS)
    assert len(spotify.asked) == 3
    assert b"cookie" not in b"".join(spotify.asked).lower()
    assert b"referer" not in b"".join(spotify.asked).lower()


def test_a_call_that_is_given_up_ends_when_its_time_is_over(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http, "TOTAL_SECONDS", 0.3)
    with Listener(b"") as spotify:
        settings.SPOTIFY_API_URL = spotify.address
        with FanCalls[int](1) as calls:
            calls.save({1: Secret("BQ-canary")}, ALBUM_URI, AT_ONCE)
            while not spotify.came.is_set():
                calls.collect(0, 0.1)
        assert spotify.hung_up.wait(ENOUGH_SECONDS)


@pytest.mark.parametrize(
    ("may_open", "to_each_half"),
    [(resource.RLIM_INFINITY, 400), (1_048_576, 400), (1024, 400), (256, 108), (64, 12), (20, 1)],
)
def test_a_process_that_may_open_few_files_has_few_connections(
    may_open: int, to_each_half: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(resource, "getrlimit", lambda _: (may_open, may_open))
    assert pool.affordable(400) == to_each_half


def test_no_more_are_on_their_way_at_once_than_was_said(sandbox: Sandbox) -> None:
    sandbox.fault("library", "timeout", seconds=30, times=None)
    with FanCalls[int](2) as calls:
        calls.save({fan: Secret("BQ-canary") for fan in range(5)}, ALBUM_URI, AT_ONCE)
        while len(sandbox.calls("library")) < 2:
            calls.collect(0, 0.1)
        calls.collect(0, 0.1)
        assert len(sandbox.calls("library")) == 2
