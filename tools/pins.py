"""Checks that every package is named with its version and its hashes, wherever it is installed.

tests/test_deploy.py holds images to a version; zizmor (`make lint`) GitHub's actions to a commit.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

# A package, then its hashes, each behind a backslash and a newline.
PACKAGE: Final = re.compile(r"^[a-z0-9][\w.-]*(?:\[[\w,-]+\])?==[\w.+!-]+(?: ; .+?)?(?: \\)?$")
HASH: Final = re.compile(r"--hash=sha256:[0-9a-f]{64}")


def loose_packages(lock: str) -> Iterator[str]:
    """Lines of a requirements.txt that name a package without its version or a hash."""
    text = re.sub(r"^\s*#.*\n?", "", lock, flags=re.MULTILINE)
    for entry in re.split(r"\n(?=\S)", text.strip()):
        first, _, rest = entry.partition("\n")
        if not PACKAGE.match(first) or not HASH.search(rest):
            yield first


def problems(root: Path) -> Iterator[str]:
    locks = sorted(root.glob("requirements*.txt"))
    for lock in locks:
        for line in loose_packages(lock.read_text(encoding="utf-8")):
            yield f"{lock.name}: {line} has no version or no hash. Run: make lock"
    for source in root.glob("requirements*.in"):
        if source.with_suffix(".txt") not in locks:
            yield f"{source.name} is not locked. Run: make lock"


def main(root: Path) -> int:
    found = list(problems(root))
    print("\n".join(found) or "Every package has a version and hashes.")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(Path()))
