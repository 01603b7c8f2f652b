"""Starts the processes that read files from elsewhere.

Each process of the web service has one of them at a time; a few files wait in line, and all others
are asked to come back. So pages are served whatever is uploaded.
"""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from threading import BoundedSemaphore
from typing import Final

from django.conf import settings

MOST_BYTES: Final = 25 * 1024 * 1024
# Of waiting, for a machine that is busy with other things, and of waiting for one's turn.
MOST_SECONDS_IN_ALL: Final = 40
MOST_SECONDS_IN_LINE: Final = 20
# With its secrets a hostile file would get them.
_ENVIRONMENT: Final = {"PYTHONDONTWRITEBYTECODE": "1", "MALLOC_ARENA_MAX": "1"}
_OUT_OF_TIME: Final = (-signal.SIGXCPU, -signal.SIGKILL)
_in_line = BoundedSemaphore(4)
_at_work = BoundedSemaphore(1)


class BusyError(Exception):
    """Other files are being read. Nothing was done."""


class TooSlowError(Exception):
    """The reader did not come to an end."""


def run(reader: str, file: bytes, *arguments: int) -> subprocess.CompletedProcess[bytes]:
    """What the module `reader` answers to the file, whatever that is.

    Raises BusyError and TooSlowError.
    """
    with _turn():
        try:
            return subprocess.run(
                [sys.executable, "-m", reader, *map(str, arguments)],
                input=file,
                capture_output=True,
                check=False,
                cwd=settings.BASE_DIR,
                env=_ENVIRONMENT,
                timeout=MOST_SECONDS_IN_ALL,
            )
        except subprocess.TimeoutExpired:
            raise TooSlowError from None


def was_stopped(answer: subprocess.CompletedProcess[bytes]) -> bool:
    """Whether it used up its time."""
    return answer.returncode in _OUT_OF_TIME


@contextmanager
def _turn() -> Iterator[None]:
    if not _in_line.acquire(blocking=False):
        raise BusyError
    try:
        if not _at_work.acquire(timeout=MOST_SECONDS_IN_LINE):
            raise BusyError
        try:
            yield
        finally:
            _at_work.release()
    finally:
        _in_line.release()
