"""How long after its appearance in Spotify's catalogue a release is first saved."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from statistics import median
from typing import Any, Final

from benchmarks import environment
from benchmarks.report import Line, Table
from embedded import processes
from embedded.stack import Stack

RUNS: Final = 20
# How far apart the runs' release times are, and how long after its own the catalogue shows a
# release: from at once to five seconds late.
APART: Final = timedelta(seconds=4)
LATEST_SECONDS: Final = 5.0
AHEAD: Final = timedelta(seconds=10)
PATIENCE_SECONDS: Final = 300


def measure(directory: Path) -> Table:
    from tests.sandbox_process import Sandbox

    environment.forget_everything()
    sandbox = Sandbox()
    try:
        environment.point_to(sandbox.url)
        with stack(directory):
            appeared = schedule(sandbox)
            processes.wait_until(
                lambda: len(first_saves(sandbox)) == RUNS, PATIENCE_SECONDS, "The last release"
            )
        saved = first_saves(sandbox)
    finally:
        sandbox.stop()
    late = sorted((saved[uri] - appeared[uri]).total_seconds() for uri in appeared)
    return Table(
        "Lateness",
        f"{RUNS} releases, each appearing in the sandbox's catalogue up to {LATEST_SECONDS:.0f} s "
        "after its release time; beat and a Celery worker as compose runs them. From the "
        "appearance to the first save's arrival at the sandbox.",
        [
            Line.at_most("p50", median(late), 3, " s"),
            Line("latest of all", f"{late[-1]:.1f} s"),
        ],
    )


@contextmanager
def stack(directory: Path) -> Iterator[Stack]:
    port = int(os.environ["PUBLIC_URL"].rpartition(":")[2])
    with Stack(directory, os.environ, port) as running:
        yield running


def schedule(sandbox: Any) -> dict[str, datetime]:
    """Open campaigns of one fan each, and when the catalogue shows each one's release."""
    from django.utils import timezone

    from tests.factory import make_campaign, make_presave

    appearing = {}
    for number, token in enumerate(sandbox.permissions(RUNS).values()):
        uri = f"spotify:album:{number:022d}"
        release_at = timezone.now() + AHEAD + number * APART
        appearing[uri] = release_at + timedelta(seconds=LATEST_SECONDS * number / (RUNS - 1))
        sandbox.add_album(id=uri.split(":")[2], available_at=appearing[uri].isoformat(), upc=None)
        make_presave(make_campaign(spotify_uri=uri, release_at=release_at), token=token)
    return appearing


def first_saves(sandbox: Any) -> dict[str, datetime]:
    return {
        call["uris"][0]: datetime.fromisoformat(call["at"])
        for call in reversed(sandbox.calls("library"))
        if call["status"] == 200
    }
