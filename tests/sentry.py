"""Where reports to Sentry arrive in tests: a server on a loopback address that keeps them."""

from __future__ import annotations

import gzip
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import brotli
import pytest


class Catcher:
    """`received` holds every body that arrived, unpacked."""

    def __init__(self) -> None:
        self.received: list[bytes] = []
        catcher = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                unpack: Any = {"br": brotli.decompress, "gzip": gzip.decompress}.get(
                    self.headers.get("Content-Encoding", ""), bytes
                )
                catcher.received.append(unpack(body) + self.headers.as_bytes())
                self.send_response(200)
                self.end_headers()

            def log_message(self, format: str, *args: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever)
        self._thread.start()
        self.dsn = f"http://canary@127.0.0.1:{self._server.server_port}/1"

    def stop(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


@pytest.fixture
def catcher() -> Iterator[Catcher]:
    catcher = Catcher()
    yield catcher
    catcher.stop()
