"""How the code is cut: the order of the rooms, sizes, and what stands in one place only."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = (
    *("presave", "campaigns", "presave_check"),
    *("sandbox", "demo", "embedded", "tools", "benchmarks"),
)
MOST_LINES_OF_A_FUNCTION = 40
SCOPE = "user-library-modify"

# The rooms of campaigns/, floor by floor. Imports run down, never up and never along a floor.
FLOORS = (
    {"apps", "label_urls", "tasks", "management"},
    {"urls"},
    {"release", "dashboard", "accounts", "health", "rehearsal", "roles", "templatetags"},
    {"fan", "planning", "doctor"},
    {"consent"},
    {"status"},  # below consent, which asks the phase whether it takes any
    {"catalogue"},
    {"gate"},
    {"spotify", "retention", "artwork", "clips", "webhooks", "elsewhere", "hosts"},
    {"models", "keyring", "confined", "clock", "links", "headers"},
    {"pasted"},
)
FLOOR_OF = {room: floor for floor, rooms in enumerate(FLOORS) for room in rooms}
# All that the edges know of the product: each other, and the words in which they answer.
EDGES_KNOW = {
    "campaigns.keyring",
    "campaigns.spotify",
    "campaigns.webhooks",
    "campaigns.elsewhere",
    "campaigns.models.choices",
    "campaigns.models.formats",
}
# presave/ is wiring, and names the product's parts in settings. Celery has to call some.
CALLS_THE_PRODUCT = {"presave/celery.py"}
LONG_ENOUGH_FOR_TESTS = 60
# Modules whose tests are others, with the reason.
TESTED_ELSEWHERE = {
    **dict.fromkeys(
        (
            *(
                "campaigns/doctor/configured.py",
                "campaigns/doctor/database.py",
                "campaigns/doctor/files.py",
            ),
            *("campaigns/doctor/keys.py", "campaigns/doctor/processes.py"),
            *("campaigns/doctor/public_url.py", "campaigns/doctor/spotify_app.py"),
            "campaigns/doctor/work.py",
        ),
        "each way to be red is a set-up of tests/campaigns/doctor/set_ups.py",
    ),
    "campaigns/fan/words.py": "read from the pages, in test_landing.py and test_receipt.py",
    "campaigns/keyring/durable.py": "no rules but the disk's: test_files.py and test_master.py",
    "campaigns/models/choices.py": "names alone",
    "campaigns/planning/obstacles.py": "names and facts alone; test_sentences.py has each name",
    "campaigns/roles/access.py": "data alone: test_granting.py asks Postgres",
    "presave/celery.py": "seen in real workers: test_liveness.py, tests/chaos/test_ending.py",
    "campaigns/urls.py": "test_access.py asks for every address of the dashboard",
}
# What may be imported in few packages of presave and campaigns only: the edges. Webhooks are an
# edge of their own: Spotify's hosts are known, and theirs is whatever somebody typed. So are the
# other services' catalogues, which no fan is in.
ONLY_IN = {
    ("campaigns/keyring/",): {"cryptography"},
    ("campaigns/spotify/", "campaigns/webhooks/", "campaigns/elsewhere/"): {"aiohttp"},
    ("campaigns/spotify/",): {
        *("spotipy", "pyreqwest", "requests", "httpx", "urllib3"),
        *("http.client", "urllib.request"),
    },
}
NOT_OURS = {
    ".git",
    ".venv",
    ".venv-audit",
    ".mypy_cache",
    ".pytest_cache",
    ".ruff_cache",
    ".hypothesis",
}
MADE_BY_RUNNING = {"backups", "data", "demo-data", "secrets", "staticfiles", "__pycache__"}


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
    """Dotted names, those inside functions and for types too: `from a import b` gives a.b."""
    package = (
        module_of(path).split(".") if path.stem == "__init__" else module_of(path).split(".")[:-1]
    )
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            source = ".".join([*base, *([node.module] if node.module else [])])
            yield from (f"{source}.{alias.name}" for alias in node.names)


def room_of(module: str) -> str:
    """The room of a module of campaigns, which may be a single file."""
    return module.split(".")[1] if module.startswith("campaigns.") else ""


def imports_between(files: list[Path]) -> dict[str, set[str]]:
    """Which of these modules imports which other. What is no module is its package's face's."""
    modules = {module_of(path): path for path in files}
    imported: dict[str, set[str]] = {module: set() for module in modules}
    for module, path in modules.items():
        for name in imports_of(path):
            while name and name not in modules:
                name = name.rpartition(".")[0]
            imported[module] |= {name} - {"", module}
    return imported


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


@pytest.mark.parametrize("edges", ONLY_IN, ids=", ".join)
def test_an_edge_alone_touches_what_is_behind_it(edges: tuple[str, ...]) -> None:
    users = {
        name_of(path)
        for path in python_files("presave", "campaigns")
        if any(is_part_of(name, ONLY_IN[edges]) for name in imports_of(path))
    }
    assert all(any(user.startswith(edge) for user in users) for edge in edges)
    assert {user for user in users if not user.startswith(edges)} == set()


def test_the_scope_stands_in_one_place_of_the_code() -> None:
    places = [
        f"{name_of(path)}:{number}"
        for path in python_files("presave", "campaigns")
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1)
        for _ in range(line.count(SCOPE))
    ]
    assert len(places) == 1, places


def test_every_room_has_one_floor() -> None:
    rooms = {room_of(module_of(path)) for path in python_files("campaigns")} - {""}
    assert sum(map(len, FLOORS)) == len(FLOOR_OF)
    assert set(FLOOR_OF) == rooms


def test_newcomers_read_of_the_same_floors() -> None:
    lines = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8").splitlines()
    listed = [set(line.strip().split(", ")) for line in lines if re.match(r"    [a-z_, ]+$", line)]
    assert listed == list(FLOORS)


def test_imports_run_down_the_floors() -> None:
    """Also those inside functions and for types alone. So there is no circle of rooms either."""
    wrong = {
        f"{module} imports {name}"
        for module, names in imports_between(python_files("campaigns")).items()
        for name in names
        if room_of(module)
        and room_of(name) not in ("", room_of(module))
        and FLOOR_OF[room_of(name)] <= FLOOR_OF[room_of(module)]
    }
    assert wrong == set()


def test_the_edges_know_no_row_and_no_rule() -> None:
    wrong = [
        f"{name_of(path)} imports {name}"
        for path in python_files("campaigns")
        if room_of(module_of(path)) in ("keyring", "spotify", "webhooks", "elsewhere")
        for name in imports_of(path)
        if name.startswith("campaigns.") and not is_part_of(name, EDGES_KNOW)
    ]
    assert wrong == []


@pytest.mark.parametrize("package", PACKAGES)
def test_no_modules_import_each_other_in_a_circle(package: str) -> None:
    try:
        TopologicalSorter(imports_between(python_files(package))).prepare()
    except CycleError as error:
        pytest.fail(" imports ".join(reversed(error.args[1])))


def test_the_wiring_calls_the_product_where_celery_has_to() -> None:
    callers = {
        name_of(path)
        for path in python_files("presave")
        if any(is_part_of(name, {"campaigns"}) for name in imports_of(path))
    }
    assert callers == CALLS_THE_PRODUCT


def test_every_module_says_what_belongs_there() -> None:
    silent = [
        name_of(path)
        for path in python_files(*PACKAGES)
        if tree_of(path).body and ast.get_docstring(tree_of(path)) is None
    ]
    assert silent == []


def test_every_room_says_what_happens_there() -> None:
    silent = [
        name_of(path)
        for path in python_files("campaigns")
        if path.stem == "__init__" and not ast.get_docstring(tree_of(path))
    ]
    assert silent == []


def test_every_module_with_rules_has_its_tests() -> None:
    """A module has tests/<its folder>/test_<its name>.py; of a command, without /commands."""
    without = {
        name_of(path)
        for path in python_files("presave", "campaigns")
        if path.stem != "__init__"
        and len(path.read_text(encoding="utf-8").splitlines()) > LONG_ENOUGH_FOR_TESTS
        and not (ROOT / "tests" / folder_of_tests(path) / f"test_{path.stem}.py").exists()
    }
    assert without == set(TESTED_ELSEWHERE)


def folder_of_tests(path: Path) -> str:
    return str(path.parent.relative_to(ROOT)).removesuffix("/commands")


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
