"""A stand-in for the public look-ups of Apple and Deezer."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

NO_DATA = b'{"error": {"type": "DataException", "message": "no data", "code": 800}}'


@dataclass
class OtherCatalogues:
    url: str
    # By path, with what it asks: a status and a body. Others get an empty answer.
    answers: dict[str, tuple[int, bytes]] = field(default_factory=dict)
    drips: set[str] = field(default_factory=set)
    asked: list[str] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)


@contextmanager
def other_catalogues() -> Iterator[OtherCatalogues]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            catalogues.asked.append(self.path)
            catalogues.headers.append(dict(self.headers))
            empty = b'{"results": []}' if self.path.startswith("/lookup") else NO_DATA
            status, body = catalogues.answers.get(self.path, (200, empty))
            self.send_response(status)
            if status == 302:
                self.send_header("Location", f"{catalogues.url}/elsewhere")
            self.end_headers()
            for _ in range(500 * (self.path in catalogues.drips)):
                if stopped.is_set():
                    return
                try:
                    self.wfile.write(b" ")
                except OSError:
                    return
                stopped.wait(0.02)
            self.wfile.write(body)

        def do_CONNECT(self) -> None:
            """As the proxy in front of others, which lets nobody through."""
            catalogues.asked.append(self.path)
            self.send_error(403)

        def log_message(self, format: str, *args: object) -> None:
            pass

    stopped = threading.Event()
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    catalogues = OtherCatalogues(f"http://127.0.0.1:{server.server_port}")
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield catalogues
    stopped.set()
    server.shutdown()
    server.server_close()
