"""`./presavectl backup`: what a new server needs, in one directory of files that only their owner
may read. The secrets themselves are not among them.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import IO, Any, Final

from deploy.server import compose, secrets_list

DEFAULT: Final = compose.CHECKOUT / "backups"
DATABASE, ARTWORK, KEYRING, SECRETS = "database.dump", "artwork.tar", "keyring.tar", "secrets.txt"
# A key that was destroyed lives on in a copy of the keyring, so none is kept for longer.
KEYRING_LIFETIME: Final = timedelta(days=7)
_NAME: Final = "%Y-%m-%dT%H-%M-%SZ"
_UNFINISHED: Final = ".unfinished"

# What a rehearsal makes up is no part of a backup, and may be there already when it is restored.
REHEARSAL: Final = "presave_rehearsal"
AS_OWNER: Final = ("--env", "PGUSER=presave", "--env", "PGDATABASE=presave")
# In this order. The keyring comes after the database: it then knows whatever has ended in it.
PARTS: Final[dict[str, tuple[str, ...]]] = {
    DATABASE: (
        *("exec", "-T", *AS_OWNER, "postgres", "pg_dump", "--exclude-schema", REHEARSAL),
        *("--format", "custom"),
    ),
    ARTWORK: ("exec", "-T", "web", "tar", "--create", "--directory", "/data/artwork", "."),
    KEYRING: ("exec", "-T", "worker", "python", "manage.py", "keyring", "backup"),
}
SERVICE_OF: Final = {DATABASE: "postgres", ARTWORK: "web", KEYRING: "worker"}
# Every volume of the compose file, and where it is in a backup.
VOLUMES: Final = {"pgdata": DATABASE, "artwork": ARTWORK, "keyring": KEYRING}
# And those that need none, with the reason.
MADE_ANEW: Final = {
    "caddy_data": "certificates, which Caddy gets again",
    "caddy_config": "Caddy's copy of the Caddyfile",
    "sandbox": "the made-up fans of an instance that tries Presave out",
}


class BackupError(Exception):
    """A backup cannot be made or used; the text says why."""


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    command = commands.add_parser("backup", help="copy what a new server needs to one directory")
    command.add_argument(
        "directory",
        nargs="?",
        type=Path,
        default=DEFAULT,
        metavar="DIRECTORY",
        help="where to put it, each backup in a directory of its own; backups/ unless given",
    )
    command.set_defaults(run=run)


def run(chosen: argparse.Namespace) -> int:
    try:
        made = make(chosen.directory.absolute(), datetime.now(UTC))
    except (BackupError, compose.CommandError, OSError) as error:
        print(f"No backup was made. {error}", file=sys.stderr)
        return 1
    print(f"The backup is {made}.")
    try:
        deleted = delete_old_keyrings(chosen.directory.absolute(), datetime.now(UTC))
    except OSError as error:
        print(
            f"A copy of the keyring that is older than seven days stays: {error}. Run: shred "
            f"--remove {error.filename}",
            file=sys.stderr,
        )
        return 1
    if deleted:
        print(f"Copies of the keyring that were older than seven days are deleted: {deleted}.")
    print(
        "The secrets are not in it. Keep a copy of secrets/ and .env offline: see docs/backup.md."
    )
    return 0


def make(directory: Path, now: datetime) -> Path:
    """Make a backup below `directory`, whole or not at all. Raises BackupError, CommandError or
    OSError.
    """
    config = compose.config()
    made = directory / now.strftime(_NAME)
    if made.exists():
        raise BackupError(f"{made} is there already.")
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    with _whole_or_not_at_all(made) as unfinished:
        for name in _parts_of(config):
            with create(unfinished / name) as file:
                compose.read(*PARTS[name], into=file)
        with create(unfinished / SECRETS) as file:
            file.write(f"{secrets_list.read(config)}\n".encode())
        # What is asked for the last backup's age.
        compose.read("exec", "-T", "worker", "touch", "/keyring/last-backup")
    return made


def _parts_of(config: dict[str, Any]) -> Iterator[str]:
    for name, service in SERVICE_OF.items():
        if service in config["services"]:
            yield name
        else:
            print(f"There is no service {service} here, so {name} is left out: see docs/backup.md.")


@contextmanager
def _whole_or_not_at_all(made: Path) -> Iterator[Path]:
    unfinished = made.with_name(made.name + _UNFINISHED)
    unfinished.mkdir(mode=0o700)
    try:
        yield unfinished
        unfinished.rename(made)
        _sync(made.parent)
    except BaseException:
        with suppress(OSError):
            _destroy(unfinished / KEYRING)
        shutil.rmtree(unfinished, ignore_errors=True)
        raise


@contextmanager
def create(path: Path) -> Iterator[IO[bytes]]:
    """A new file for its owner alone, on the disk when it is closed. Raises OSError, also if there
    is one.
    """
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        yield file
        file.flush()
        os.fsync(descriptor)


def _destroy(path: Path) -> None:
    """Overwrite a file where it lies on the disk, then remove it. Raises OSError."""
    with path.open("r+b") as file:
        file.write(os.urandom(path.stat().st_size))
        file.flush()
        os.fsync(file.fileno())
    path.unlink()


def _sync(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def backups_in(directory: Path) -> list[Path]:
    """The newest first."""
    found = directory.iterdir() if directory.is_dir() else []
    return sorted((path for path in found if made_at(path)), reverse=True)


def made_at(backup: Path) -> datetime | None:
    """By its name; None for anything else."""
    if not re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d-\d\d-\d\dZ", backup.name):
        return None
    try:
        return datetime.strptime(backup.name, _NAME).replace(tzinfo=UTC)
    except ValueError:
        return None


def delete_old_keyrings(directory: Path, now: datetime) -> int:
    """Of backups that are older than seven days, also of those that were killed before they were
    whole; what else is in them stays. Returns how many.
    """
    deleted = 0
    for backup in directory.iterdir() if directory.is_dir() else []:
        at = made_at(backup.with_name(backup.name.removesuffix(_UNFINISHED)))
        keyring = backup / KEYRING
        if at and at <= now - KEYRING_LIFETIME and keyring.exists():
            _destroy(keyring)
            _sync(backup)
            deleted += 1
    return deleted
