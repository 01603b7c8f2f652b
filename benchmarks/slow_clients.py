"""How long a page takes while hundreds of clients are slow."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Final

import requests

from benchmarks import environment, pages
from benchmarks.report import Line, Table
from embedded.processes import LOOPBACK
from tests import slow_clients

CLIENTS: Final = 200
ROUNDS: Final = 20
LARGE: Final = 2 * 1024 * 1024
WORDS: Final = {
    "headers": "send a line of headers each turn",
    "body": "send a byte of a form each turn",
    "reader": "read nothing of a picture of 2 MB",
    "idle": "send nothing",
}


def measure(directory: Path) -> Table:
    from tests.factory import make_campaign

    environment.forget_everything()
    slug = make_campaign().slug
    kinds = slow_clients.kinds(slug, store_large_picture())
    lines = []
    with pages.web(directory) as (url, _):
        web = int(url.rpartition(":")[2])
        with slow_clients.proxy(web, directory) as proxy:
            for way, port in {"web": web, "Caddy": proxy}.items():
                for kind, begin in kinds.items():
                    with begin(port, CLIENTS) as slow:
                        turn(slow, port, slug)
                        slowest = max(turn(slow, port, slug) for _ in range(ROUNDS))
                    what = f"slowest page of {way} while {CLIENTS} clients {WORDS[kind]}"
                    lines.append(Line.at_most(what, slowest, 1, " s"))
    return Table(
        "Slow clients",
        f"One web process as in docker-compose.yml, asked by itself and through Caddy with the "
        f"shipped Caddyfile. {CLIENTS} clients of one kind at a time hold a connection each, while "
        f"somebody asks for the landing page {ROUNDS} times, after a first time that waits behind "
        f"what the clients themselves ask for: {CLIENTS} pictures at once take half a second.",
        lines,
    )


def store_large_picture() -> str:
    from django.conf import settings

    file = settings.ARTWORK_DIR / ("0" * 32) / "800.jpg"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(bytes(LARGE))
    return f"/artwork/{file.parent.name}/{file.name}"


def turn(slow: slow_clients.SlowClients, port: int, slug: str) -> float:
    slow.drip()
    began = time.monotonic()
    requests.get(f"http://{LOOPBACK}:{port}/{slug}", timeout=60).raise_for_status()
    return time.monotonic() - began
