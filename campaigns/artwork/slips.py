"""Pictures of slips as they are kept: drawn when a fan first asks, and once for all fans."""

from __future__ import annotations

import time
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import Final

from django.conf import settings
from django.core.files import locks
from PIL import Image

from campaigns.artwork import slip
from campaigns.artwork.slip import Slip

# One that is still asked for after that is drawn anew.
LIFETIME: Final = timedelta(days=7)


def file_of(told: Slip, cover: Path | None) -> Path | None:
    """None while another picture is being drawn: a flood of requests for many of them takes the
    time of one process at most.
    """
    directory: Path = settings.ARTWORK_DIR / "slips"
    path = directory / f"{_name(told, cover)}.jpg"
    if path.is_file():
        return path
    directory.mkdir(parents=True, exist_ok=True)
    with (directory / "lock").open("w") as lock:
        if not locks.lock(lock, locks.LOCK_EX | locks.LOCK_NB):
            return None
        _sweep(directory)
        unfinished = path.with_suffix(".unfinished")
        unfinished.write_bytes(slip.jpeg(told, Image.open(cover) if cover else None))
        unfinished.rename(path)
    return path


def _name(told: Slip, cover: Path | None) -> str:
    """Of all that the picture looks like."""
    drawn_from = (told, cover and cover.parent.name, settings.VERSION, settings.COMMIT)
    return sha256(repr(drawn_from).encode()).hexdigest()[:32]


def _sweep(directory: Path) -> None:
    too_old = time.time() - LIFETIME.total_seconds()
    for path in directory.glob("*.jpg"):
        if path.stat().st_mtime < too_old:
            path.unlink(missing_ok=True)
