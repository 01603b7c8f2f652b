"""The doctor's one page, as text and as JSON; and one made of both parts' findings."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterable, Sequence
from dataclasses import asdict, replace
from typing import Any, Final

from campaigns.doctor.checks import Check, Mark, Part, red

SIGNS: Final = {Mark.RED: "✘", Mark.NOTE: "•", Mark.GREEN: "✔", Mark.UNSEEN: "?"}
_WIDTH: Final = 96
_INDENT: Final = 18


def as_text(checks: Sequence[Check], heading: str) -> str:
    """Red first."""
    ordered = sorted(checks, key=lambda check: check.mark is not Mark.RED)
    lines = [heading, "", *(line for check in ordered for line in _lines(check)), ""]
    return "\n".join([*lines, _sum(checks)])


def _lines(check: Check) -> list[str]:
    begin = f"{SIGNS[check.mark]} {check.title}".ljust(_INDENT)
    lines = textwrap.wrap(check.text, _WIDTH, initial_indent=begin, subsequent_indent=" " * _INDENT)
    arrow = " " * _INDENT + "→ "
    # Commands and addresses stay whole.
    fix = textwrap.wrap(
        check.fix,
        _WIDTH,
        initial_indent=arrow,
        subsequent_indent=" " * (_INDENT + 2),
        break_long_words=False,
        break_on_hyphens=False,
    )
    return lines + (fix if check.fix else [])


def _sum(checks: Sequence[Check]) -> str:
    numbers = {mark: sum(check.mark is mark for check in checks) for mark in Mark}
    if numbers[Mark.RED]:
        return f"{numbers[Mark.RED]} red, {numbers[Mark.GREEN]} green."
    return f"All is well: {numbers[Mark.GREEN]} green."


def as_json(checks: Sequence[Check]) -> str:
    is_well = not any(check.mark is Mark.RED for check in checks)
    return json.dumps({"ok": is_well, "checks": as_data(checks)}, indent=2)


def as_data(checks: Iterable[Check]) -> list[dict[str, Any]]:
    return [asdict(check) for check in checks]


def from_data(rows: Iterable[dict[str, Any]]) -> list[Check]:
    """Of this version or another one: what cannot be read is left out."""
    fields = ("name", "text", "fix")
    return [
        Check(mark=Mark(row["mark"]), **{name: str(row[name]) for name in fields})
        for row in rows
        if row.keys() >= {"mark", *fields} and row["mark"] in set(Mark)
    ]


def read(text: str, part: Part) -> list[Check]:
    """What the other part's `manage.py doctor --json` printed; red where it printed nothing."""
    try:
        return from_data(json.loads(text)["checks"])
    except (ValueError, KeyError, TypeError):
        return [
            red(
                f"{part}-container",
                f"The doctor got no answer from the container of {part}.",
                f"`./presavectl status` shows whether it runs, `./presavectl logs {part}` why not.",
            )
        ]


def merged(ours: Sequence[Check], others: Sequence[Check], part: Part) -> list[Check]:
    """Both parts' findings; of one that both have, the one that tells more. `part` is the other."""
    found: dict[str, list[Check]] = {}
    for check in ours:
        found.setdefault(check.name, []).append(check)
    for name in dict.fromkeys(check.name for check in others):
        theirs = [check for check in others if check.name == name]
        if name not in found or _weight(theirs) < _weight(found[name]):
            seen_by_both = name in found
            found[name] = [_told_of(check, part) if seen_by_both else check for check in theirs]
    return [check for checks in found.values() for check in checks]


def _weight(checks: Sequence[Check]) -> int:
    return min([*Mark].index(check.mark) for check in checks)


def _told_of(check: Check, part: Part) -> Check:
    is_red = check.mark is Mark.RED
    return replace(check, text=f"In {part}: {check.text}") if is_red else check
