"""What make release asks for before it tags, in a repository of its own."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tools.release import obstacles, release

FILES = {
    "pyproject.toml": '[project]\nversion = "1.2.3"\n',
    "presave/settings.py": '\nVERSION = "1.2.3"\n',
    "docker-compose.yml": "image: presave:${VERSION:-1.2.3}\nVERSION: ${VERSION:-1.2.3}\n",
    "docs/minimal-scope.md": '"software": {"name": "Presave", "version": "1.2.3"},\n',
    "campaigns/migrations/0007_newest.py": "",
    "tests/campaigns/models/test_schema.py": 'RELEASED = {"1.2.3": "0007_newest"}\n',
    "CHANGELOG.md": "# Changelog\n\n## Unreleased\n\n## 1.2.3 (2026-12-01)\n\n- All.\n\n## 1.2.2\n",
}


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    git(tmp_path, "init", "--quiet")
    git(tmp_path, "config", "user.name", "Demo Label")
    git(tmp_path, "config", "user.email", "label@example.com")
    commit(tmp_path)
    return tmp_path


def git(root: Path, *arguments: str) -> str:
    done = subprocess.run(["git", *arguments], cwd=root, check=True, stdout=subprocess.PIPE)
    return done.stdout.decode().strip()


def commit(root: Path) -> None:
    git(root, "add", ".")
    git(root, "commit", "--quiet", "--message", "Prepare a release")


def change(root: Path, name: str, old: str, new: str) -> None:
    text = (root / name).read_text()
    assert old in text
    (root / name).write_text(text.replace(old, new, 1))


def test_a_version_that_all_files_agree_on_gets_one_annotated_tag(checkout: Path) -> None:
    assert release(checkout) == 0
    assert git(
        checkout, "for-each-ref", "--format=%(objecttype) %(refname:short)", "refs/tags"
    ) == ("tag v1.2.3")
    assert release(checkout) == 1
    assert obstacles(checkout) == [
        "Raise the version in pyproject.toml above 1.2.3, which is tagged already."
    ]


@pytest.mark.parametrize(
    ("name", "old", "new", "told"),
    [
        ("pyproject.toml", "1.2.3", "1.2.3rc1", "Make the version in pyproject.toml three numbers"),
        ("presave/settings.py", "1.2.3", "1.2.2", "presave/settings.py from 1.2.2 to 1.2.3"),
        ("docker-compose.yml", "1.2.3", "1.2.2", "docker-compose.yml from 1.2.2 to 1.2.3"),
        ("docs/minimal-scope.md", "1.2.3", "1.2.2", "docs/minimal-scope.md from 1.2.2 to 1.2.3"),
        ("presave/settings.py", "VERSION", "NUMBER", "presave/settings.py from none to 1.2.3"),
        ("tests/campaigns/models/test_schema.py", "0007", "0006", 'Add "1.2.3": "0007_newest" to'),
        (
            "CHANGELOG.md",
            "Unreleased\n",
            "Unreleased\n\n- More.\n",
            'under "Unreleased" to version',
        ),
        ("CHANGELOG.md", "## 1.2.3 (2026-12-01)\n\n- All.\n", "", "Let the newest section of"),
        ("CHANGELOG.md", "(2026-12-01)", "(soon)", "Let the newest section of"),
        ("CHANGELOG.md", "- All.\n", "", "Write in CHANGELOG.md what version 1.2.3 brings"),
    ],
)
def test_what_disagrees_is_named_and_nothing_is_tagged(
    checkout: Path, name: str, old: str, new: str, told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    change(checkout, name, old, new)
    commit(checkout)
    assert release(checkout) == 1
    [sentence] = capsys.readouterr().err.splitlines()
    assert told in sentence
    assert git(checkout, "tag") == ""


def leave_a_new_file(root: Path) -> None:
    (root / "notes.txt").touch()


def tag_a_later_version(root: Path) -> None:
    git(root, "tag", "v1.10.0")


@pytest.mark.parametrize(
    ("happen", "told"),
    [
        (leave_a_new_file, "Commit or put away what `git status` lists."),
        (
            tag_a_later_version,
            "Raise the version in pyproject.toml above 1.10.0, which is tagged already.",
        ),
    ],
)
def test_what_the_repository_has_is_looked_at(
    checkout: Path, happen: Callable[[Path], None], told: str
) -> None:
    happen(checkout)
    assert obstacles(checkout) == [told]
