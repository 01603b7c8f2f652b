"""The keyring: opened by the worker, out of web's reach, wrapped by a key that is not old, and
backed up.
"""

from __future__ import annotations

import os
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from django.conf import settings
from django.utils import timezone

from campaigns.doctor.checks import Check, green, red
from campaigns.keyring import KeyringError
from campaigns.retention import keys

# A week, and the days in which somebody has to notice.
OLDEST_WRAPPING_KEY: Final = timedelta(days=14)
# One a day, and one that failed.
OLDEST_BACKUP: Final = timedelta(hours=50)
# `./presavectl backup` touches it when everything has been written.
BACKUP_STAMP: Final = "last-backup"
# Where compose puts the secret, whatever the setting says.
SECRET_OF_THE_WORKER: Final = Path("/run/secrets/master_key")


def opened() -> Check:
    try:
        problems = keys.verify_keys()
    except KeyringError as error:
        return red("keyring", str(error), _fix_of(str(error)))
    if problems:
        return red(
            "keyring",
            " ".join(problems[:3]) + (f" And {len(problems) - 3} more." if problems[3:] else ""),
            "Bring the key files back: see Restoring in docs/backup.md. Permissions are kept "
            "meanwhile.",
        )
    return green("keyring", "The key of every live campaign opens and fits.")


def _fix_of(problem: str) -> str:
    if "every user" in problem:
        return f"Run: chmod 0400 {settings.MASTER_KEY_FILE}"
    if "Permission denied" in problem:
        return f"Give it to the worker's user, with Docker: chown 10001 {settings.MASTER_KEY_FILE}"
    return (
        "Put the master key that belongs to this keyring into secrets/master_key, then: docker "
        "compose up --detach --force-recreate worker. Only where there never was one: ./presavectl "
        "setup."
    )


def kept_from_web() -> Check:
    readable = [str(path) for path in _secrets_of_the_worker() if os.access(path, os.R_OK)]
    if not readable and not os.path.ismount(settings.KEYRING_DIR):
        return green("keyring-apart", "Web reads neither the keyring nor the master key.")
    return red(
        "keyring-apart",
        f"Web can read {' and '.join(readable) or settings.KEYRING_DIR}: anyone who gets into web "
        "could open every permission.",
        "Mount the keyring's volume and the secret master_key into the worker alone, as "
        "docker-compose.yml does; without Docker, run web and worker as different users.",
    )


def _secrets_of_the_worker() -> list[Path]:
    try:
        key_files = sorted(settings.KEYRING_DIR.glob("*.key"))[:1]
    except OSError:
        key_files = []
    return [*dict.fromkeys((settings.MASTER_KEY_FILE, SECRET_OF_THE_WORKER)), *key_files]


def wrapping_key() -> Check:
    made_at = wrapping_key_made_at()
    if made_at is None:
        return red(
            "master-key",
            f"MASTER_KEY_FILE {settings.MASTER_KEY_FILE} cannot be read.",
            "Run `./presavectl setup`, which gives it to the worker, or says how to bring it "
            "back; then: docker compose up --detach --force-recreate worker.",
        )
    return of_wrapping_key(timezone.now() - made_at)


def wrapping_key_made_at() -> datetime | None:
    """When what wraps the key files was last replaced: the newest weekly key, or the master key."""
    weekly = settings.KEYRING_DIR.glob("weekly-*")
    files = [*weekly] or [settings.MASTER_KEY_FILE]
    return max(filter(None, map(_changed_at, files)), default=None)


def of_wrapping_key(age: timedelta) -> Check:
    if age <= OLDEST_WRAPPING_KEY:
        return green("master-key", f"It was replaced {_ago(age)}.")
    return red(
        "master-key",
        f"It was last replaced {_ago(age)}: until then what a disk kept of a destroyed key can be "
        "opened.",
        "The worker replaces the weekly key by itself: `./presavectl logs worker` says why it did "
        "not; `manage.py keys renew`, in its container, does it at once.",
    )


def backup() -> Check:
    return of_backup(backed_up_at(), timezone.now())


def backed_up_at() -> datetime | None:
    return _changed_at(settings.KEYRING_DIR / BACKUP_STAMP)


def of_backup(made_at: datetime | None, now: datetime) -> Check:
    every_day = "Run `./presavectl backup` now, and every day by a timer: see docs/backup.md."
    if made_at is None:
        return red("backups", "No backup was ever made.", every_day)
    if now - made_at > OLDEST_BACKUP:
        return red("backups", f"The last backup was made {_ago(now - made_at)}.", every_day)
    return green("backups", f"The last backup was made {_ago(now - made_at)}.")


def _changed_at(path: Path) -> datetime | None:
    try:
        return datetime.fromtimestamp(path.stat().st_mtime, timezone.get_default_timezone())
    except OSError:
        return None


def _ago(age: timedelta) -> str:
    hours = max(int(age.total_seconds() // 3600), 0)
    if hours < 1:
        return "within the last hour"
    return f"{hours} hours ago" if hours < 48 else f"{hours // 24} days ago"
