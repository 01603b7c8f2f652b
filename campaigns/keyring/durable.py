"""Files that are there whole or not at all, still there after a power cut, and overwritten when
they go.
"""

from __future__ import annotations

import errno
import fcntl
import os
import stat
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Final, TypeAlias

# A holder needs milliseconds. One that was stopped in the middle must not stop the worker, too.
LONGEST_WAIT_SECONDS: Final = 10.0
POLL_SECONDS: Final = 0.01
# It stays: a lock of a file that somebody removes holds nobody off.
LOCK_NAME: Final = ".lock"

Put: TypeAlias = Callable[[Path, bytes, os.stat_result | None], None]


def replace(path: Path, content: bytes, like: os.stat_result | None = None) -> None:
    """Put a file in its place, all of it at once, and overwrite the one that was there: with the
    owner and mode of `like`, or else for its owner alone. Raises OSError.
    """
    with replacing(path.parent) as put:
        put(path, content, like)


@contextmanager
def replacing(directory: Path) -> Iterator[Put]:
    """The same for several files of a directory, which waits for the disk less often."""
    replaced: list[int] = []
    with ExitStack() as opened:

        def put(path: Path, content: bytes, like: os.stat_result | None) -> None:
            old = opened.enter_context(_opened_for_overwriting(path))
            _put(path, content, like)
            if old is not None:
                replaced.append(old)

        try:
            yield put
        finally:
            if replaced:
                # A power cut must not bring a name back to a file that is overwritten already.
                sync_directory(directory)
            for old in replaced:
                _overwrite(old)


def _put(path: Path, content: bytes, like: os.stat_result | None) -> None:
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
        destroy(temporary)


def read(path: Path) -> bytes:
    """The content of a file that may be replaced at any time. Raises OSError."""
    while True:
        with path.open("rb") as file:
            content = file.read()
            # Of a file that was replaced meanwhile, some may have been overwritten already.
            if os.path.samestat(os.fstat(file.fileno()), path.stat()):
                return content


def destroy(path: Path) -> None:
    """Overwrite a file where it lies on the disk, then remove it. Raises OSError."""
    with _opened_for_overwriting(path) as descriptor:
        if descriptor is not None:
            _overwrite(descriptor)
            path.unlink(missing_ok=True)


def _overwrite(descriptor: int) -> None:
    os.pwrite(descriptor, os.urandom(os.fstat(descriptor).st_size), 0)
    os.fsync(descriptor)


@contextmanager
def _opened_for_overwriting(path: Path) -> Iterator[int | None]:
    """None when there is no such file."""
    try:
        descriptor = _open_for_writing(path)
    except FileNotFoundError:
        yield None
        return
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _open_for_writing(path: Path) -> int:
    with suppress(PermissionError):
        return os.open(path, os.O_WRONLY)
    path.chmod(0o600)  # what its owner wrote is its owner's to overwrite
    return os.open(path, os.O_WRONLY)


def sync_directory(directory: Path) -> None:
    """Names are kept by their directory, not by the files. Raises OSError."""
    with _opened(directory) as descriptor:
        os.fsync(descriptor)


@contextmanager
def locked(directory: Path) -> Iterator[None]:
    """Hold the directory against every process and thread that locks it, too; the kernel lets go
    when the holder dies. Raises OSError.
    """
    descriptor = _open_lock(directory)
    try:
        deadline = time.monotonic() + LONGEST_WAIT_SECONDS
        while not _take(descriptor):
            if time.monotonic() > deadline:
                raise OSError(errno.EBUSY, "Another process has held its lock for too long")
            time.sleep(POLL_SECONDS)
        yield
    finally:
        os.close(descriptor)


def _open_lock(directory: Path) -> int:
    """A file, and open for writing: over NFS other hosts see the lock of such a one alone."""
    descriptor = os.open(directory / LOCK_NAME, os.O_RDWR | os.O_CREAT, 0o600)
    if os.geteuid() == 0:
        # Root's command must not keep the worker out.
        owner = directory.stat()
        os.fchown(descriptor, owner.st_uid, owner.st_gid)
    return descriptor


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
