"""Looks for secrets in every line that a commit ever added, and in what is not committed yet.

`make audit` runs it in .venv-audit, which has detect-secrets. What looks like a secret and is none
stands in known_secrets.toml, with the reason.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path
from typing import Any, Final

from detect_secrets.core.plugins.util import get_mapping_from_secret_type_to_class
from detect_secrets.core.scan import scan_file
from detect_secrets.settings import default_settings, transient_settings

HERE: Final = Path(__file__).resolve().parent
KNOWN: Final = HERE / "known_secrets.toml"
# A comment in the line hides nothing from this search: only the list does, with its reasons.
FILTERS: Final = tuple(
    f"detect_secrets.filters.heuristic.{name}"
    for name in (
        *("is_sequential_string", "is_potential_uuid", "is_templated_secret"),
        *("is_prefixed_with_dollar_sign", "is_indirect_reference", "is_not_alphanumeric_string"),
    )
)
HASHES_OF_PACKAGES: Final = r"--hash=sha256:[0-9a-f]{64}"


@dataclass(frozen=True, order=True)
class Found:
    path: str
    kind: str
    value: str


@dataclass(frozen=True)
class Known:
    """Values that look like secrets, in these files, and why they are none."""

    files: list[str]
    values: list[str]
    why: str

    def explains(self, found: Found) -> bool:
        return any(fnmatch(found.path, pattern) for pattern in self.files) and any(
            re.fullmatch(value, found.value) for value in self.values
        )


def unexplained(root: Path, known: list[Known]) -> list[Found]:
    """What was found in this checkout and its history, without what is known."""
    found = set(_scan(_lines(root)))
    return sorted(one for one in found if not any(entry.explains(one) for entry in known))


def known_from(path: Path) -> list[Known]:
    return [Known(**entry) for entry in tomllib.loads(path.read_text(encoding="utf-8"))["known"]]


def _lines(root: Path) -> dict[str, list[str]]:
    """By file, every line that it has or ever had."""
    log = ("log", "--all", "--patch", "--diff-merges=separate", "--format=")
    lines: dict[str, dict[str, None]] = {}
    for command in (log, ("diff", "HEAD")):
        path = ""
        for line in _git(root, *command, "--unified=0", "--no-renames", "--no-ext-diff").split(
            "\n"
        ):
            if line.startswith("+++ "):
                path = line.removeprefix("+++ b/")
            elif line.startswith("+"):
                lines.setdefault(path, {})[line[1:]] = None
    for path in _git(root, "ls-files", "--others", "--exclude-standard").splitlines():
        if (root / path).is_file():
            text = (root / path).read_text(encoding="utf-8", errors="replace")
            lines[path] = dict.fromkeys(text.split("\n"))
    lines.pop(str(KNOWN.relative_to(HERE.parent)), None)
    return {path: list(of_file) for path, of_file in lines.items()}


def _scan(lines: dict[str, list[str]]) -> Iterator[Found]:
    with tempfile.TemporaryDirectory() as directory, transient_settings(_settings()):
        for path, of_file in lines.items():
            copy = Path(directory) / path
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_text("\n".join(of_file), encoding="utf-8")
            for secret in scan_file(str(copy)):
                yield Found(path, secret.type, secret.secret_value or "")
            copy.unlink()


def _settings() -> dict[str, Any]:
    with default_settings() as settings:
        names = list(settings.plugins)
    get_mapping_from_secret_type_to_class.cache_clear()  # it does not know ours yet
    ours = {"name": "SpotifyToken", "path": f"file://{HERE / 'spotify_tokens.py'}"}
    hashes = {"path": "detect_secrets.filters.regex.should_exclude_line"}
    return {
        "plugins_used": [*({"name": name} for name in names), ours],
        "filters_used": [
            *({"path": path} for path in FILTERS),
            hashes | {"pattern": [HASHES_OF_PACKAGES]},
        ],
    }


def _git(root: Path, *arguments: str) -> str:
    done = subprocess.run(["git", *arguments], cwd=root, check=True, capture_output=True)
    return done.stdout.decode("utf-8", "replace")


def main(root: Path, known: Path = KNOWN) -> int:
    """Print what is no known value, without its end, and say whether there is any."""
    if _git(root, "rev-parse", "--is-shallow-repository").strip() == "true":
        print("This clone has no history to look through. Run: git fetch --unshallow")
        return 1
    found = unexplained(root, known_from(known))
    for one in found:
        print(f"{one.path}: {one.kind}: {one.value[:6]}… (git log -S finds its commit)")
    if not found:
        print("No secret in any commit, nor in what is not committed.")
    else:
        print("Replace each at its service. If it is no secret, explain it in known_secrets.toml.")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(*map(Path, sys.argv[1:] or ["."])))
