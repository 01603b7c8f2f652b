"""Pictures that were uploaded with a form which came back: kept for a day, until it is sent again.

Nobody but the user who uploaded one gets it, by a name that cannot be guessed.
"""

from __future__ import annotations

import re
import secrets
import time
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Final

from django.conf import settings
from PIL import Image

LIFETIME: Final = timedelta(days=1)
MOST_OF_A_USER: Final = 5
_NAME: Final = re.compile(r"[1-9][0-9]*-[0-9a-f]{32}")


def keep(user_id: int, image: Image.Image) -> str:
    """Its name. What is too old, and the user's oldest beyond their share, goes."""
    directory = _directory()
    directory.mkdir(parents=True, exist_ok=True)
    _sweep(directory, user_id)
    name = f"{user_id}-{secrets.token_hex(16)}"
    unfinished = directory / f"unfinished-{name}"
    image.save(unfinished, "JPEG", quality=95, subsampling=0)
    unfinished.rename(directory / name)
    return name


def load(user_id: int, name: str) -> Image.Image | None:
    """None for what is gone, or another user's."""
    if not _NAME.fullmatch(name) or not name.startswith(f"{user_id}-"):
        return None
    try:
        with Image.open(_directory() / name, formats=["JPEG"]) as image:
            return image.convert("RGB")
    except OSError:
        return None


def discard(user_id: int, name: str) -> None:
    if _NAME.fullmatch(name) and name.startswith(f"{user_id}-"):
        (_directory() / name).unlink(missing_ok=True)


def _directory() -> Path:
    directory: Path = settings.ARTWORK_DIR / "kept"
    return directory


def _sweep(directory: Path, user_id: int) -> None:
    written = {}
    for path in directory.iterdir():
        # Another process may be sweeping too.
        with suppress(FileNotFoundError):
            written[path] = path.stat().st_mtime
    newest_first = sorted(written, key=written.__getitem__, reverse=True)
    mine = [path for path in newest_first if path.name.startswith(f"{user_id}-")]
    too_old = time.time() - LIFETIME.total_seconds()
    for path in {*mine[MOST_OF_A_USER - 1 :], *(p for p in written if written[p] < too_old)}:
        path.unlink(missing_ok=True)
