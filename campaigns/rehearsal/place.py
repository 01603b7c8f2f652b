"""The place of a rehearsal: its tables, its messages and its directory. Made, reserved for one at a
time, and cleaned, also after one that was killed.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from django.conf import settings
from django.db import Error, connection
from kombu import Connection
from kombu.exceptions import KombuError
from redis.exceptions import RedisError

from presave.rehearsing import KEY_PREFIX, SCHEMA, SQLITE_SUFFIX

DIRECTORY_PREFIX: Final = "presave-rehearsal-"
# Any number that nobody else takes for an advisory lock of this database.
LOCK: Final = 0x7072_6573_6176_6501
SQLITE_FILES: Final = ("", "-wal", "-shm", "-journal")
BROKER_SECONDS: Final = 5


class RehearsalError(Exception):
    """The rehearsal cannot begin or go on; the message says why, and what to do."""


@contextmanager
def reserved() -> Iterator[None]:
    """For one rehearsal at a time; the system frees it when the process dies.

    Raises RehearsalError.
    """
    held = _take_postgres_lock() if _is_postgres() else _take_file_lock(_sqlite_file().parent)
    if held is None:
        raise RehearsalError("A rehearsal is running on this database already.")
    try:
        yield
    finally:
        if _is_postgres():
            connection.close()
        else:
            os.close(held)


@contextmanager
def prepared() -> Iterator[Path]:
    """An empty place, and a directory for keys and logs; cleaned before and after.

    Raises RehearsalError.
    """
    clean()
    lock = None
    try:
        directory = Path(tempfile.mkdtemp(prefix=DIRECTORY_PREFIX))
        lock = _take_file_lock(directory)
        _create_schema()
        yield directory
    finally:
        if lock is not None:
            os.close(lock)
        clean()


def clean() -> None:
    """Remove what rehearsals left, their keys included. Raises RehearsalError.

    Call it with the place reserved, and when the rehearsal's processes have ended.
    """
    for directory in Path(tempfile.gettempdir()).glob(f"{DIRECTORY_PREFIX}*"):
        _remove(directory)
    _drop_tables()
    _delete_messages()


def _remove(directory: Path) -> None:
    """Unless another instance's rehearsal is at work in it, or it is another user's."""
    try:
        lock = _take_file_lock(directory)
    except OSError:
        return
    if lock is not None:
        shutil.rmtree(directory, ignore_errors=True)
        os.close(lock)


def _is_postgres() -> bool:
    return connection.vendor == "postgresql"


def _sqlite_file() -> Path:
    return Path(connection.settings_dict["NAME"])


def _take_postgres_lock() -> int | None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [LOCK])
        return LOCK if cursor.fetchone()[0] else None


def _take_file_lock(directory: Path) -> int | None:
    """The open directory, which holds the lock until it is closed; None if somebody has it."""
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    return descriptor


def _create_schema() -> None:
    if not _is_postgres():
        return
    try:
        with connection.cursor() as cursor:
            cursor.execute(f"CREATE SCHEMA {SCHEMA}")
    except Error as error:
        raise RehearsalError(
            f"The schema {SCHEMA}, in which a rehearsal has its tables, cannot be made: "
            f"{str(error).strip()}. Rehearse as the database's owner, as docs/rehearsal.md says."
        ) from None


def _drop_tables() -> None:
    if not _is_postgres():
        for ending in SQLITE_FILES:
            Path(f"{_sqlite_file()}{SQLITE_SUFFIX}{ending}").unlink(missing_ok=True)
        return
    with connection.cursor() as cursor:
        # What a killed rehearsal may have left at work. It finds no way back.
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = %s "
            "AND datname = current_database() AND usename = current_user",
            [SCHEMA],
        )
        cursor.execute(f"DROP SCHEMA IF EXISTS {SCHEMA} CASCADE")


def _delete_messages() -> None:
    options = {
        "socket_timeout": BROKER_SECONDS,
        "socket_connect_timeout": BROKER_SECONDS,
        "max_retries": 1,
        "interval_start": 0,
        "interval_step": 0,
    }
    try:
        with Connection(settings.CELERY_BROKER_URL, transport_options=options) as broker:
            redis: Any = broker.default_channel
            for key in list(redis.client.scan_iter(f"{KEY_PREFIX}*")):
                redis.client.delete(key)
    except (OSError, KombuError, RedisError):
        raise RehearsalError(
            "Redis does not answer, and a rehearsal needs it: see REDIS_URL."
        ) from None
