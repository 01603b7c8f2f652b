"""The page that goes by message: each is in the code, and no line of the log is missing."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "troubleshooting.md"
LEVELS = {"warning", "error", "exception", "critical"}


def sentence_of(node: ast.AST) -> str:
    """What the code says, with … for what differs; empty if that is no text."""
    if isinstance(node, ast.JoinedStr):
        return "".join(sentence_of(part) or "…" for part in node.values)
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return re.sub(r"%(?:\.\d+)?[a-z]", "…", node.value)
    return ""


def nodes() -> Iterator[ast.AST]:
    for room in ("campaigns", "presave"):
        for path in (ROOT / room).rglob("*.py"):
            yield from ast.walk(ast.parse(path.read_text()))


def is_logged(node: ast.AST) -> bool:
    if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.args):
        return False
    called_on = node.func.value
    return node.func.attr in LEVELS and isinstance(called_on, ast.Name) and called_on.id == "logger"


def messages() -> list[str]:
    rows = re.findall(r"^\| (?:`` (.+?) ``|`([^`]+)`) \|", PAGE.read_text(), re.MULTILINE)
    return [long or short for long, short in rows]


def test_each_message_is_one_that_the_code_has() -> None:
    there = "\n".join({sentence_of(node) for node in nodes()})
    assert [one for one in messages() if one not in there] == []


def test_every_warning_and_error_of_the_log_is_explained() -> None:
    logged = {sentence_of(node.args[0]) for node in nodes() if is_logged(node)}  # type: ignore[attr-defined]
    # A line that begins with what differs says what is wrong in its own words.
    wanted = {line for line in logged if line.strip("… :")} - {"… campaign=…: …"}
    assert len(wanted) > 40
    assert wanted - set(messages()) == set()
