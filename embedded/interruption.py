"""Ctrl-C, a lost connection (SIGHUP) and SIGTERM, which end a command in the same way.

It stands here because `./presavectl`, which has no Django, and the image both need it.
"""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

SIGNALS: Final = (signal.SIGINT, signal.SIGHUP, signal.SIGTERM)


def expect() -> None:
    """Raise KeyboardInterrupt for the first of them, and let nothing interrupt what puts things
    back after it. One that is ignored, as under nohup, stays so.
    """
    for number in SIGNALS:
        if signal.getsignal(number) != signal.SIG_IGN:
            signal.signal(number, _interrupt)


def _interrupt(*_: Any) -> None:
    for number in SIGNALS:
        signal.signal(number, lambda *_: None)
    raise KeyboardInterrupt


@contextmanager
def only_afterwards() -> Iterator[None]:
    """Do what is within to its end first."""
    noted: list[int] = []
    before = {
        number: signal.signal(number, lambda number, _: noted.append(number))
        for number in SIGNALS
        if signal.getsignal(number) != signal.SIG_IGN
    }
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    if noted:
        signal.raise_signal(noted[0])
