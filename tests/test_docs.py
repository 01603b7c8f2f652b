"""Documents that would otherwise go stale."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

from django.conf import settings

from campaigns.consent.cookie import COOKIE_LIFETIME
from campaigns.consent.receipts import REMEMBERED_FOR
from campaigns.fan.disclosure import FIELDS
from campaigns.models import HARD_STOP, PERMISSION_LIFETIME, ROW_LIFETIME
from campaigns.models.limits import HISTORY_LIFETIME, INVITATION_LIFETIME
from deploy.server import commands as server
from tools import screenshots

KEPT_FOR = (
    *(HARD_STOP, PERMISSION_LIFETIME, ROW_LIFETIME),
    *(HISTORY_LIFETIME, INVITATION_LIFETIME),
)
ROOT = Path(__file__).resolve().parent.parent
COMMANDS = ROOT / "campaigns/management/commands"
presavectl = server._parser()
DOCUMENTS = [
    *(ROOT / name for name in ("README.md", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md")),
    *(ROOT / "docs").glob("*.md"),
]


def settings_read() -> set[str]:
    source = (ROOT / "presave" / "settings.py").read_text()
    return set(re.findall(r"env\.\w+\(\s*\"([A-Z_]+)\"", source))


def first_column(page: str, pattern: str = "") -> list[str]:
    """What begins the rows of a page's tables, in code."""
    text = (ROOT / "docs" / page).read_text()
    return re.findall(rf"^\| `{pattern}([^`]+)`", text, re.MULTILINE)


def test_the_settings_page_explains_every_setting_and_no_other() -> None:
    text = (ROOT / "docs" / "settings.md").read_text()
    of_presave, of_compose = (
        re.findall(r"^\| `([A-Z_]+)`", part, re.MULTILINE)
        for part in text.split("## For docker compose alone")
    )
    example = re.findall(r"^(?:# )?([A-Z_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE)

    assert set(of_presave) == settings_read()
    assert set(of_compose) == set(example) - settings_read()
    assert len(of_presave) == len(set(of_presave))


def test_the_commands_page_has_every_command_and_no_other() -> None:
    of_compose = re.findall(r"^    ([a-z-]+)\b", presavectl.format_help(), re.MULTILINE)
    of_manage = {path.stem for path in COMMANDS.glob("[a-z]*.py")}
    makefile = (ROOT / "Makefile").read_text()
    of_make = re.findall(r"^([a-z-]+):.* ## ", makefile, re.MULTILINE)

    for prefix, there in (
        (r"\./presavectl ", of_compose),
        (r"python manage\.py ", of_manage),
        ("make ", of_make),
    ):
        told = [row.split()[0] for row in first_column("commands.md", prefix)]
        assert sorted(told) == sorted(there)


def test_the_settings_page_marks_the_settings_that_can_be_files() -> None:
    source = (ROOT / "presave" / "settings.py").read_text()
    as_file = set(re.findall(r"env\.(?:secret|database|redis_url|email)\(\s*\"([A-Z_]+)\"", source))
    page = (ROOT / "docs" / "settings.md").read_text()
    marked = re.findall(r"^\| `([A-Z_]+)`\\\*", page, re.MULTILINE)

    assert set(marked) == as_file


def test_every_make_target_that_a_document_names_exists() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = {
        name
        for document in DOCUMENTS
        for name in re.findall(r"(?:^|`)make ([a-z-]+)", document.read_text(), re.MULTILINE)
    }

    assert named <= targets


def test_every_command_of_manage_py_that_a_document_names_exists() -> None:
    commands = {path.stem for path in COMMANDS.glob("*.py")}
    djangos = {"check", "createsuperuser", "migrate", "createcachetable", "collectstatic", "shell"}
    known = commands | djangos
    named = {
        name
        for document in DOCUMENTS
        for name in re.findall(r"manage\.py ([a-z_]+)", document.read_text())
    }

    assert named <= known


def test_every_file_of_the_code_that_a_document_names_exists() -> None:
    source = re.compile(r"`((?:campaigns|presave|tests|tools|sandbox|deploy|docs)/[\w./-]+\.\w+)`")
    for document in DOCUMENTS:
        for name in source.findall(document.read_text()):
            assert (ROOT / name).exists(), f"{document.name} names {name}"


def test_links_and_pictures_within_the_repository_exist() -> None:
    for document in DOCUMENTS:
        for target in re.findall(r"\]\((?!https?:|#)([^)#]+)", document.read_text()):
            assert (document.parent / target).exists(), f"{document.name} links to {target}"


def test_the_readme_shows_the_pictures_that_are_taken_for_it() -> None:
    readme = (ROOT / "README.md").read_text()
    shown = re.findall(r"\[[^\]]+\]\(docs/screenshots/([\w-]+)\.png\)", readme)
    taken = {*screenshots.README, *screenshots.README_BY_HAND, *screenshots.README_OF_ARTISTS}

    assert set(shown) == taken == {path.stem for path in screenshots.FOR_README.iterdir()}
    assert shown[:3] == ["landing-phone", "landing-phone-dark", "receipt-phone"]
    assert shown[3:5] == ["check-phone", "development-mode-phone"]


def test_the_privacy_document_lists_what_the_privacy_page_lists() -> None:
    document = (ROOT / "docs" / "privacy.md").read_text()
    rows = [line for line in document.splitlines() if line.startswith("| `")]

    assert rows == [
        f"| `{field.column}` | {field.purpose} | {field.lifetime} |" for field in FIELDS
    ]


def test_the_privacy_document_names_the_lifetimes_of_the_code() -> None:
    document = (ROOT / "docs" / "privacy.md").read_text().partition("## How long")[2]
    minutes = int(COOKIE_LIFETIME.total_seconds() // 60)
    named = set(re.findall(r"\d+ (?:days|minutes)", document))

    assert named == {
        *(f"{time.days} days" for time in KEPT_FOR),
        f"{REMEMBERED_FOR.days} days",
        f"{minutes} minutes",
    }


def test_the_changelog_begins_with_the_version_of_the_project() -> None:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    first = re.search(r"^## (\d\S*)", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)

    assert first is not None
    assert first[1] == version == settings.VERSION
