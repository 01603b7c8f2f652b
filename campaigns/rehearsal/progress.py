"""A progress bar on a terminal; a line for each tenth elsewhere."""

from __future__ import annotations

import time
from typing import Final, Protocol

from campaigns.rehearsal.figures import in_words

WIDTH: Final = 30
TENTHS: Final = 10


class Output(Protocol):
    def isatty(self) -> bool: ...

    def write(self, msg: str, style_func: None = None, ending: str | None = None) -> object: ...

    def flush(self) -> None: ...


class Progress:
    def __init__(self, output: Output) -> None:
        self._output = output
        self._step = ""
        self._tenths = 0

    def show(self, step: str, done: int, of: int) -> None:
        if step != self._step:
            self.end()
            self._step, self._tenths, self._began = step, 0, time.monotonic()
        if self._output.isatty():
            filled = "#" * (WIDTH * done // of)
            line = f"[{filled:<{WIDTH}}] {done:,} of {of:,} {step}{self._left(done, of)}"
            self._output.write(f"\r{line:<78}", ending="")
            self._output.flush()
        elif done * TENTHS // of > self._tenths:
            self._tenths = done * TENTHS // of
            self._output.write(f"{done:,} of {of:,} {step}")

    def end(self) -> None:
        """Leave the bar as it stands."""
        if self._step and self._output.isatty():
            self._output.write("")

    def _left(self, done: int, of: int) -> str:
        took = time.monotonic() - self._began
        return f", {in_words(took * (of - done) / done)} left" if 0 < done < of else ""
