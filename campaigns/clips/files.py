"""Clips as they are kept: one file each, under a name of our own that is never used again."""

from __future__ import annotations

import re
import secrets
from pathlib import Path
from typing import Final

from django.conf import settings

CONTENT_TYPE: Final = "audio/mpeg"
_NAME: Final = re.compile(r"[0-9a-f]{32}")


def write(clip: bytes) -> str:
    """Its name. Either the whole file is there, or none."""
    name = secrets.token_hex(16)
    directory = _directory()
    directory.mkdir(parents=True, exist_ok=True)
    unfinished = directory / f"unfinished-{name}"
    try:
        unfinished.write_bytes(clip)
        unfinished.rename(directory / f"{name}.mp3")
    finally:
        unfinished.unlink(missing_ok=True)
    return name


def copy(name: str) -> str:
    """The same clip under a fresh name; empty where there is none."""
    clip = read(name)
    return write(clip) if clip else ""


def read(name: str) -> bytes | None:
    """None for anything that is not exactly one of ours."""
    if not _NAME.fullmatch(name):
        return None
    try:
        return (_directory() / f"{name}.mp3").read_bytes()
    except FileNotFoundError:
        return None


def discard(name: str) -> None:
    """A name that is not there, or not ours, is left alone."""
    if _NAME.fullmatch(name):
        (_directory() / f"{name}.mp3").unlink(missing_ok=True)


def _directory() -> Path:
    """On the volume of the artwork, which is served and backed up the same way."""
    directory: Path = settings.ARTWORK_DIR / "clips"
    return directory
