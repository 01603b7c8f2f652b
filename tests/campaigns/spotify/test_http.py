"""What comes over the wire when it is no HTTP any more: the outcome is unknown, and nobody waits
longer than ten seconds.
"""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Thread

import pytest
from pytest_django import Settings

from campaigns import spotify
from campaigns.keyring import Secret
from campaigns.spotify import Answered, FanCalls, Slots, http
from campaigns.spotify.answers import SpotifyError
from tests.sandbox_process import ALBUM_URI, Sandbox

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
TOKEN = b'{"access_token": "BQ-canary"}'


@contextmanager
def server_that_says(answer: bytes, asked: list[bytes] | None = None) -> Iterator[str]:
    """Answers each connection with these bytes and hangs up; what came is in `asked`."""
    stopped = Event()
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.settimeout(0.02)

        def serve() -> None:
            while not stopped.is_set():
                try:
                    connection, _ = listening.accept()
                except TimeoutError:
                    continue
                with connection:
                    came = connection.recv(65536)
                    if asked is not None:
                        asked.append(came)
                    connection.sendall(answer)

        serving = Thread(target=serve)
        serving.start()
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            stopped.set()
            serving.join()


def refreshed_and_saved(address: str, settings: Settings) -> set[str]:
    """The reasons of the errors of a refresh and of a save."""
    settings.SPOTIFY_ACCOUNTS_URL, settings.SPOTIFY_API_URL = address, f"{address}/v1"
    with FanCalls[int](2) as calls:
        calls.refresh({1: Secret("AQD-canary")}, Slots(0, 0))
        calls.save({2: Secret("BQ-canary")}, ALBUM_URI, Slots(0, 0))
        answers: list[Answered[int]] = []
        while len(answers) < 2:
            answers += calls.collect(0, 1)
    assert all(isinstance(answer.result, SpotifyError) for answer in answers), answers
    return {answer.result.reason for answer in answers if isinstance(answer.result, SpotifyError)}


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"SSH-2.0-OpenSSH_9.9\r\n",
        HEAD + b"Content-Length: 1000\r\n\r\n" + TOKEN,
        HEAD + b"Transfer-Encoding: chunked\r\n\r\n1d\r\n" + TOKEN + b"\r\n",
        HEAD + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n" + TOKEN + b"\r\n0\r\n\r\n",
        HEAD + b"Content-Encoding: gzip\r\nContent-Length: 4\r\n\r\nnope",
    ],
    ids=["nothing", "not HTTP", "cut short", "cut chunks", "broken chunks", "broken gzip"],
)
def test_a_broken_answer_is_no_answer(answer: bytes, settings: Settings) -> None:
    with server_that_says(answer) as address:
        assert refreshed_and_saved(address, settings) == {"unreachable"}


def test_a_name_that_nobody_resolves_is_no_answer(settings: Settings) -> None:
    assert refreshed_and_saved("http://spotify.invalid", settings) == {"unreachable"}


@pytest.mark.parametrize("kind", ["slow_body", "timeout"])
def test_an_answer_that_drips_or_never_comes_is_given_up(
    kind: str, sandbox: Sandbox, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http, "TOTAL_SECONDS", 0.3)
    for endpoint in ("token.code", "token.refresh", "library"):
        sandbox.fault(endpoint, kind, seconds=30)
    with pytest.raises(SpotifyError, match="unreachable"):
        spotify.exchange_code(Secret(sandbox.consent()))
    assert refreshed_and_saved(sandbox.url, settings) == {"unreachable"}
    assert len(sandbox.calls("library")) <= 1


def test_no_call_waits_longer_than_ten_seconds() -> None:
    assert http.CONNECT_SECONDS <= http.TOTAL_SECONDS == 10


REFUSED = b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n"


def test_spotify_is_reached_through_the_proxy_which_sees_its_name_alone(settings: Settings) -> None:
    asked: list[bytes] = []
    with server_that_says(REFUSED, asked) as proxy:
        settings.HTTPS_PROXY = proxy.replace("//", "//user:open%23sesame@")
        assert refreshed_and_saved("https://spotify.invalid", settings) == {"unreachable"}
        with pytest.raises(SpotifyError):
            spotify.fetch_cover("https://i.scdn.co/image/canary")
    assert [request.split(b"\r\n")[0] for request in asked] == [
        *[b"CONNECT spotify.invalid:443 HTTP/1.1"] * 2,
        b"CONNECT i.scdn.co:443 HTTP/1.1",
    ]
    credentials = b"authorization: basic dxnlcjpvcgvui3nlc2ftzq=="
    assert all(b"proxy-" + credentials in one.lower() for one in asked)
    assert b"canary" not in b"".join(asked)


def test_the_sandbox_is_asked_directly(settings: Settings) -> None:
    asked: list[bytes] = []
    with server_that_says(REFUSED, asked) as proxy, server_that_says(b"") as sandbox:
        settings.HTTPS_PROXY = proxy
        assert refreshed_and_saved(sandbox, settings) == {"unreachable"}
    assert asked == []
