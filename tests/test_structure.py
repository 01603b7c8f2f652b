"""How the code is cut: sizes, who may import whom, and what stands in one place only."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("presave", "campaigns", "sandbox", "demo", "embedded")
MOST_LINES_OF_A_FUNCTION = 40
MOST_LINES_OF_A_FILE = 400
SCOPE = "user-library-modify"

INTERFACE = {
    f"campaigns.{name}"
    for name in ("admin", "checks", "forms", "management", "tasks", "templatetags", "urls", "views")
}
EDGE = {"campaigns.answers", "campaigns.keyring", "campaigns.spotify"}
# What may be imported in one module or package of presave and campaigns only.
ONLY_IN = {
    "aiohttp": "campaigns/spotify/",
    "cryptography": "campaigns/keyring/",
    "spotipy": "campaigns/spotify/",
}
NOT_OURS = {".git", ".venv", ".mypy_cache", ".pytest_cache", ".ruff_cache", ".hypothesis"}
MADE_BY_RUNNING = {"data", "demo-data", "secrets", "staticfiles", "__pycache__"}


def python_files(*packages: str) -> list[Path]:
    return [
        path
        for package in packages
        for path in sorted((ROOT / package).rglob("*.py"))
        if "migrations" not in path.parts
    ]


@cache
def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


def module_of(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports_of(path: Path) -> Iterator[str]:
    """Dotted names, those inside functions too: `from a import b` gives a and a.b."""
    package = (
        module_of(path).split(".") if path.stem == "__init__" else module_of(path).split(".")[:-1]
    )
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            source = ".".join([*base, *([node.module] if node.module else [])])
            yield source
            yield from (f"{source}.{alias.name}" for alias in node.names)


def is_part_of(module: str, owners: set[str]) -> bool:
    return any(module == owner or module.startswith(f"{owner}.") for owner in owners)


def templates() -> list[Path]:
    return [
        path for package in ("templates", "campaigns") for path in (ROOT / package).rglob("*.html")
    ]


def texts() -> Iterator[tuple[Path, str]]:
    for path in sorted(ROOT.rglob("*")):
        top = path.relative_to(ROOT).parts[0]
        if top in NOT_OURS | MADE_BY_RUNNING or "__pycache__" in path.parts or not path.is_file():
            continue
        try:
            yield path, path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue


def test_a_function_has_40_lines_at_most() -> None:
    too_long = [
        f"{name_of(path)}: {node.name}"
        for path in python_files(*PACKAGES, "tests")
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (node.end_lineno or 0) - node.lineno >= MOST_LINES_OF_A_FUNCTION
    ]
    assert too_long == []


def test_a_file_has_400_lines_at_most() -> None:
    too_long = [
        name_of(path)
        for path in python_files(*PACKAGES, "tests")
        if len(path.read_text(encoding="utf-8").splitlines()) > MOST_LINES_OF_A_FILE
    ]
    assert too_long == []


@pytest.mark.parametrize("package", ONLY_IN)
def test_one_place_alone_touches(package: str) -> None:
    users = {
        name_of(path)
        for path in python_files("presave", "campaigns")
        if any(is_part_of(name, {package}) for name in imports_of(path))
    }
    assert users
    assert all(user.startswith(ONLY_IN[package]) for user in users)


def test_the_scope_stands_in_one_place_of_the_code() -> None:
    places = [
        f"{name_of(path)}:{number}"
        for path in python_files("presave", "campaigns")
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1)
        for _ in range(line.count(SCOPE))
    ]
    assert len(places) == 1, places


def test_the_core_does_not_know_the_interface() -> None:
    wrong = [
        f"{name_of(path)} imports {name}"
        for path in python_files("campaigns")
        if not is_part_of(module_of(path), INTERFACE)
        for name in imports_of(path)
        if is_part_of(name, INTERFACE)
    ]
    assert wrong == []


def test_the_edge_does_not_know_the_core() -> None:
    wrong = [
        f"{module_of(path)} imports {name}"
        for path in python_files("campaigns")
        if is_part_of(module_of(path), EDGE)
        for name in imports_of(path)
        if name.startswith("campaigns.") and not is_part_of(name, EDGE)
    ]
    assert wrong == []


def test_every_module_says_what_belongs_there() -> None:
    silent = [
        name_of(path)
        for path in python_files(*PACKAGES)
        if tree_of(path).body and ast.get_docstring(tree_of(path)) is None
    ]
    assert silent == []


@pytest.mark.parametrize(
    ("inline", "what"),
    [
        (r"\sstyle\s*=", "a style attribute"),
        (r"<style\b", "a style element"),
        (r"<[^>]*\son\w+\s*=", "an event handler"),
        (r"<script\b(?![^>]*\ssrc\s*=)", "an inline script"),
    ],
)
def test_no_template_has(inline: str, what: str) -> None:
    found = [
        name_of(path) for path in templates() if re.search(inline, path.read_text(), re.IGNORECASE)
    ]
    assert found == [], what


def test_a_link_that_opens_a_tab_gives_away_nothing() -> None:
    links = [
        (name_of(path), tag)
        for path in templates()
        for tag in re.findall(r"<[^>]*target=[\"']?_blank[^>]*>", path.read_text())
    ]
    assert [link for link in links if "noopener" not in link[1]] == []


def test_no_text_names_a_place_on_somebodys_machine() -> None:
    # Put together here, so that this file does not hold them.
    homes = re.compile(
        "|".join((r"/ho" + r"me/\w", r"/Us" + r"ers/\w", r"/ro" + r"ot/", r"/wo" + r"rk/\w"))
    )
    found = [name_of(path) for path, text in texts() if homes.search(text)]
    assert found == []
