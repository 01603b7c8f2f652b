"""Files that are there whole or not at all, and still there after a power cut."""

from __future__ import annotations

import errno
import fcntl
import os
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

# A holder needs milliseconds. One that was stopped in the middle must not stop the worker, too.
LONGEST_WAIT_SECONDS: Final = 10.0
POLL_SECONDS: Final = 0.01


def replace(path: Path, content: bytes, like: os.stat_result | None = None) -> None:
    """Put a file in its place, all of it at once: with the owner and mode of `like`, or else for
    its owner alone. Raises OSError.
    """
    mode = stat.S_IMODE(like.st_mode) if like else 0o600
    temporary = path.with_name(f".{path.name}.{os.getpid()}.{os.urandom(4).hex()}")
    try:
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(descriptor)
        if like:
            os.chown(temporary, like.st_uid, like.st_gid)
            temporary.chmod(mode)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def sync_directory(directory: Path) -> None:
    """Names are kept by their directory, not by the files. Raises OSError."""
    with _opened(directory) as descriptor:
        os.fsync(descriptor)


@contextmanager
def locked(directory: Path) -> Iterator[None]:
    """Hold the directory against every process and thread of this machine that locks it, too; the
    kernel lets go when the holder dies. Raises OSError.
    """
    with _opened(directory) as descriptor:
        deadline = time.monotonic() + LONGEST_WAIT_SECONDS
        while not _take(descriptor):
            if time.monotonic() > deadline:
                raise OSError(errno.EBUSY, "Another process has held its lock for too long")
            time.sleep(POLL_SECONDS)
        yield


def _take(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


@contextmanager
def _opened(directory: Path) -> Iterator[int]:
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield descriptor
    finally:
        os.close(descriptor)
