"""A process that hangs ends itself, and whoever started it starts it again.

The traceback of each thread goes to standard error first; none holds a local variable. What counts
the seconds is no Python, so a deadlock over the interpreter's own lock ends, too. A process that is
stopped from outside as a whole cannot end itself: deploy/watchdog.sh does.
"""

from __future__ import annotations

import faulthandler
import sys
from typing import Final

# Longer than any step of a process that is merely busy.
LONGEST_SILENCE_SECONDS: Final = 45.0
SIGN_EVERY_SECONDS: Final = 5.0
# Docker gives a service ten seconds before it kills it.
LONGEST_FAREWELL_SECONDS: Final = 9.0

_is_ending = False


def show_sign() -> None:
    """Say that this process is alive. The next sign has to come within LONGEST_SILENCE_SECONDS."""
    if not _is_ending:
        _exit_in(LONGEST_SILENCE_SECONDS)


def expect_none() -> None:
    """From now on this process may be silent, as while it waits for another service."""
    if not _is_ending:
        faulthandler.cancel_dump_traceback_later()


def end_soon() -> None:
    """This process was told to end, and has LONGEST_FAREWELL_SECONDS for it."""
    global _is_ending
    _is_ending = True
    _exit_in(LONGEST_FAREWELL_SECONDS)


def _exit_in(seconds: float) -> None:
    faulthandler.dump_traceback_later(seconds, exit=True, file=sys.__stderr__ or sys.stderr)
