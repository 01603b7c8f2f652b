"""Files that have to be there, and the room for more."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Final

from django.conf import settings

from campaigns.doctor.checks import Check, Part, green, note, red

# Less than this, or than a twentieth of a small disk, is gone in a night of pictures and logs.
LEAST_FREE: Final = 2 * 1024**3
SHARE_OF_SMALL_DISK: Final = 20
_GB: Final = 1000**3


def static_files() -> Check:
    if settings.DEBUG:
        return note("static-files", "With DEBUG they are served from the checkout.")
    if (Path(settings.STATIC_ROOT) / "staticfiles.json").is_file():
        return green("static-files", f"They are in {settings.STATIC_ROOT}.")
    return red(
        "static-files",
        f"There are none in {settings.STATIC_ROOT}: pages fail, or come without any style.",
        "Run `manage.py collectstatic --no-input`; with Docker, build the image anew: "
        "./presavectl upgrade.",
    )


def artwork() -> Check:
    directory = settings.ARTWORK_DIR
    # It is made with the first cover.
    there = next(path for path in (directory, *directory.parents) if path.exists())
    if there.is_dir() and os.access(there, os.W_OK | os.X_OK):
        return green("artwork", f"Covers can be stored in {directory}.")
    return red(
        "artwork",
        f"{there} cannot be written: no cover and no clip can be stored.",
        f"Give it to the user that web runs as, with Docker 10001: chown -R 10001:10001 {there}",
    )


def disk(part: Part) -> Check:
    places = [settings.ARTWORK_DIR] if part.is_web else []
    places += [settings.KEYRING_DIR] if part.is_worker else []
    there = [next(path for path in (one, *one.parents) if path.exists()) for one in places]
    free, total = min((shutil.disk_usage(path)[::-2] for path in there), key=lambda usage: usage[0])
    return of_disk(free, total)


def of_disk(free: int, total: int) -> Check:
    if free >= min(LEAST_FREE, total // SHARE_OF_SMALL_DISK):
        return green("disk", f"{free / _GB:.1f} GB of {total / _GB:.0f} GB are free.")
    return red(
        "disk",
        f"Only {free / _GB:.1f} GB of {total / _GB:.0f} GB are free.",
        "Make room before Postgres has none: `docker system prune` removes what old versions left; "
        "then look at the backups and at what else lies on this disk.",
    )
