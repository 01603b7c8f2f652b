"""The leanest server that still answers as Spotify does: every refresh and every save succeeds
after a fixed time, and the catalogue shows every album. It stands in for the sandbox where the
sandbox would be the bottleneck.

`python -m benchmarks.responder --latency-ms 50` prints its address when it listens.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import signal
from typing import Final

REFRESHED: Final = json.dumps(
    {"access_token": "an-access-token", "token_type": "Bearer", "expires_in": 3600}
).encode()
# As the campaigns of tests/factory.py are called.
ALBUM: Final = {
    "name": "Night Bus",
    "artists": [{"id": "0000000000000000000000", "name": "Demo Artist"}],
    "release_date": "2020-01-01",
}
JSON_TYPE: Final = b"Content-Type: application/json\r\n"


def answer(body: bytes) -> bytes:
    return b"HTTP/1.1 200 OK\r\n%sContent-Length: %d\r\n\r\n%s" % (JSON_TYPE, len(body), body)


class Responder(asyncio.Protocol):
    """One connection; requests on it come one after the other."""

    calls: Final = {"refreshes": 0, "saves": 0}
    latency = 0.05

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._received = b""

    def data_received(self, data: bytes) -> None:
        self._received += data
        head, separator, rest = self._received.partition(b"\r\n\r\n")
        if not separator or len(rest) < _length(head):
            return
        self._received = b""
        asyncio.get_running_loop().call_later(self._latency(head), self._send, self._content(head))

    def _latency(self, head: bytes) -> float:
        return 0 if head.startswith(b"GET") else self.latency

    def _content(self, head: bytes) -> bytes:
        if head.startswith(b"GET /calls"):
            return json.dumps(self.calls).encode()
        if head.startswith(b"GET ") and b"/albums/" in head.split()[1]:
            return _album(head)
        if head.startswith(b"PUT"):
            self.calls["saves"] += 1
            return b""
        self.calls["refreshes"] += 1
        return REFRESHED

    def _send(self, content: bytes) -> None:
        self._transport.write(answer(content))


def _album(head: bytes) -> bytes:
    album_id = head.split()[1].decode().partition("?")[0].rpartition("/")[2]
    return json.dumps(ALBUM | {"uri": f"spotify:album:{album_id}"}).encode()


def _length(head: bytes) -> int:
    for line in head.split(b"\r\n")[1:]:
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            return int(value)
    return 0


async def serve(latency_ms: float) -> None:
    Responder.latency = latency_ms / 1000
    loop = asyncio.get_running_loop()
    stopped = asyncio.Event()
    loop.add_signal_handler(signal.SIGTERM, stopped.set)
    server = await loop.create_server(Responder, "127.0.0.1", 0, backlog=2048)
    host, port = server.sockets[0].getsockname()
    print(f"Responder listening on http://{host}:{port}", flush=True)
    async with server:
        await stopped.wait()


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--latency-ms", type=float, default=50)
    asyncio.run(serve(parser.parse_args().latency_ms))
