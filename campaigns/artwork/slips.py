"""Pictures of slips as they are kept: drawn when a fan first asks, and once for all fans."""

from __future__ import annotations

import logging
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
logger = logging.getLogger(__name__)


def file_of(told: Slip, cover: Path | None) -> Path | None:
    """None while another picture is being drawn, and where there is no room for one: a flood of
    requests for many of them takes the time of one process at most.
    """
    path: Path = settings.ARTWORK_DIR / "slips" / f"{_name(told, cover)}.jpg"
    if path.is_file():
        return path
    try:
        return path if _is_there_now(path, told, cover) else None
    except OSError:
        logger.exception("A picture of a slip could not be stored.")
        return None


def _is_there_now(path: Path, told: Slip, cover: Path | None) -> bool:
    path.parent.mkdir(parents=True, exist_ok=True)
    with (path.parent / "lock").open("w") as lock:
        if not locks.lock(lock, locks.LOCK_EX | locks.LOCK_NB):
            return False
        if not path.is_file():  # else another process was a moment ahead
            _sweep(path.parent)
            _draw(path, told, cover)
    return True


def _draw(path: Path, told: Slip, cover: Path | None) -> None:
    unfinished = path.with_suffix(".unfinished")
    try:
        unfinished.write_bytes(slip.jpeg(told, Image.open(cover) if cover else None))
        unfinished.rename(path)
    finally:
        unfinished.unlink(missing_ok=True)


def _name(told: Slip, cover: Path | None) -> str:
    """Of all that the picture looks like."""
    drawn_from = (told, cover and cover.parent.name, settings.VERSION, settings.COMMIT)
    return sha256(repr(drawn_from).encode()).hexdigest()[:32]


def _sweep(directory: Path) -> None:
    too_old = time.time() - LIFETIME.total_seconds()
    for path in directory.glob("*.jpg"):
        if path.stat().st_mtime < too_old:
            path.unlink(missing_ok=True)
