"""Which Presave this is: its version, and the commit that is checked out."""

from __future__ import annotations

from pathlib import Path
from typing import Final

# The same as in pyproject.toml, which the image does not hold; tests/test_docs.py compares them.
VERSION: Final = "0.1.0"
UNKNOWN: Final = "unknown"


def commit_of(checkout: Path) -> str:
    """The commit as git keeps it below .git, for machines that have no git; UNKNOWN without one."""
    try:
        git = _git_directory(checkout)
        kind, _, name = _line(git / "HEAD").rpartition(": ")
        return _commit_of_ref(git, name) if kind == "ref" else name
    except (OSError, UnicodeDecodeError):
        return UNKNOWN


def _git_directory(checkout: Path) -> Path:
    """In a worktree of its own .git is a file that says where the directory is."""
    git = checkout / ".git"
    return git if git.is_dir() else checkout / _line(git).removeprefix("gitdir: ")


def _commit_of_ref(git: Path, ref: str) -> str:
    pointer = git / "commondir"
    shared = git / _line(pointer) if pointer.exists() else git
    if (shared / ref).is_file():
        return _line(shared / ref)
    lines = (shared / "packed-refs").read_text(encoding="utf-8").splitlines()
    packed = {name: commit for commit, _, name in (line.partition(" ") for line in lines)}
    return packed.get(ref, UNKNOWN)


def _line(path: Path) -> str:
    return path.read_text(encoding="utf-8").strip()
