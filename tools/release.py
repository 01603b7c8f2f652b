"""Tags the version of pyproject.toml, once every file that names it agrees.

CI checks the tag, builds the image and publishes it (.github/workflows/release.yml).
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Final

# Where the version stands, and how. pyproject.toml is the one that the others follow.
NAMED: Final = {
    "presave/settings.py": r'^VERSION = "(.+)"$',
    "docker-compose.yml": r"\$\{VERSION:-(.+?)\}",
    "docs/minimal-scope.md": r'"name": "Presave", "version": "(.+?)"',
}
UPGRADES: Final = "tests/campaigns/models/test_schema.py"
NUMBER: Final = re.compile(r"\d+\.\d+\.\d+")
HEADING: Final = re.compile(r"^## (.+)$", re.MULTILINE)


def obstacles(root: Path) -> list[str]:
    """What keeps this checkout from being released, in sentences that say what to change."""
    version = version_of(root)
    if not NUMBER.fullmatch(version):
        return [
            f"Make the version in pyproject.toml three numbers: {version} is none of a release."
        ]
    return [*_other_versions(root, version), *_notes(root, version), *_repository(root, version)]


def version_of(root: Path) -> str:
    return str(tomllib.loads((root / "pyproject.toml").read_text())["project"]["version"])


def _other_versions(root: Path, version: str) -> Iterator[str]:
    for name, pattern in NAMED.items():
        found = re.findall(pattern, (root / name).read_text(), re.MULTILINE)
        for other in sorted({*found} - {version}) if found else ["none"]:
            yield f"Change the version in {name} from {other} to {version}, as in pyproject.toml."
    migrations = sorted((root / "campaigns/migrations").glob("[0-9]*.py"))
    schema = f'"{version}": "{migrations[-1].stem}"'
    if schema not in (root / UPGRADES).read_text():
        yield f"Add {schema} to RELEASED in {UPGRADES}: upgrades from this version begin there."


def _notes(root: Path, version: str) -> Iterator[str]:
    _, *sections = HEADING.split((root / "CHANGELOG.md").read_text())
    notes = dict(zip(sections[::2], (text.strip() for text in sections[1::2]), strict=True))
    if notes.pop("Unreleased", ""):
        yield f'Move what CHANGELOG.md has under "Unreleased" to version {version}.'
    newest, text = next(iter(notes.items()), ("", ""))
    dated = re.fullmatch(rf"{re.escape(version)} \((.+)\)", newest)
    if not dated or not _is_date(dated[1]):
        yield f'Let the newest section of CHANGELOG.md be "## {version} (year-month-day)".'
    elif not text:
        yield f"Write in CHANGELOG.md what version {version} brings."


def _is_date(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def _repository(root: Path, version: str) -> Iterator[str]:
    if _git(root, "status", "--porcelain"):
        yield "Commit or put away what `git status` lists."
    tags = _git(root, "tag", "--list", "v*.*.*").split()
    numbers = [tag[1:] for tag in tags if NUMBER.fullmatch(tag[1:])]
    newest = max(numbers, key=_parts, default="")
    if newest and _parts(newest) >= _parts(version):
        yield f"Raise the version in pyproject.toml above {newest}, which is tagged already."


def _parts(version: str) -> list[int]:
    return [int(part) for part in version.split(".")]


def release(root: Path) -> int:
    """Tag the version, or say what is in the way."""
    if found := obstacles(root):
        print("\n".join(found), file=sys.stderr)
        return 1
    tag = f"v{version_of(root)}"
    _git(root, "tag", "--annotate", tag, "--message", f"Presave {tag[1:]}")
    print(f"Tagged {tag}. CI publishes it after: git push origin {tag}")
    return 0


def _git(root: Path, *arguments: str) -> str:
    done = subprocess.run(
        ["git", *arguments], cwd=root, check=True, stdout=subprocess.PIPE, text=True
    )
    return done.stdout.strip()


if __name__ == "__main__":
    # A question, as by --help, is answered: it makes no tag.
    argparse.ArgumentParser(prog="make release", description=__doc__).parse_args()
    sys.exit(release(Path.cwd()))
