"""How a rehearsal shows how far it is."""

from __future__ import annotations

from io import StringIO

from django.core.management.base import OutputWrapper

from campaigns.rehearsal.progress import Progress


class Terminal(StringIO):
    def isatty(self) -> bool:
        return True


def shown(stream: StringIO, *steps: tuple[str, int, int]) -> str:
    progress = Progress(OutputWrapper(stream))
    for step in steps:
        progress.show(*step)
    progress.end()
    return stream.getvalue()


def test_a_terminal_has_a_bar_in_one_line() -> None:
    text = shown(Terminal(), ("saved", 0, 40), ("saved", 20, 40), ("saved", 40, 40))

    assert text.count("\n") == 1
    assert f"\r[{'#' * 15}{' ' * 15}] 20 of 40 saved, " in text
    assert f"\r[{'#' * 30}] 40 of 40 saved" in text


def test_elsewhere_there_is_a_line_for_each_tenth() -> None:
    steps = [("saved", done, 40) for done in range(41)]

    assert shown(StringIO(), *steps).splitlines() == [
        f"{done} of 40 saved" for done in range(4, 41, 4)
    ]
