"""The running commit, read from a checkout without git."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from presave.version import UNKNOWN, commit_of

IDENTITY = ("-c", "user.name=Somebody", "-c", "user.email=somebody@example.com")


def git(directory: Path, *arguments: str) -> str:
    done = subprocess.run(
        ["git", *IDENTITY, *arguments], cwd=directory, capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A repository with two commits, the second checked out."""
    directory = tmp_path / "checkout"
    directory.mkdir()
    git(directory, "init", "--quiet", "--initial-branch=main")
    for message in ("One", "Two"):
        git(directory, "commit", "--quiet", "--allow-empty", f"--message={message}")
    return directory


def test_the_commit_of_a_branch(checkout: Path) -> None:
    assert commit_of(checkout) == git(checkout, "rev-parse", "HEAD")


def test_the_commit_of_a_branch_whose_name_has_a_slash(checkout: Path) -> None:
    git(checkout, "switch", "--quiet", "--create", "fan/side", "HEAD~1")
    assert commit_of(checkout) == git(checkout, "rev-parse", "main~1")


def test_a_commit_without_a_branch(checkout: Path) -> None:
    git(checkout, "switch", "--quiet", "--detach", "HEAD~1")
    assert commit_of(checkout) == git(checkout, "rev-parse", "main~1")


def test_the_commit_of_a_packed_branch(checkout: Path) -> None:
    git(checkout, "pack-refs", "--all")
    assert not (checkout / ".git/refs/heads/main").exists()
    assert commit_of(checkout) == git(checkout, "rev-parse", "HEAD")


@pytest.mark.parametrize("packed", [False, True])
def test_the_commit_of_a_worktree(checkout: Path, packed: bool) -> None:
    git(checkout, "worktree", "add", "--quiet", "-b", "other", "../other", "HEAD~1")
    if packed:
        git(checkout, "pack-refs", "--all")
    assert commit_of(checkout.parent / "other") == git(checkout, "rev-parse", "main~1")


def test_outside_a_checkout_it_is_unknown(tmp_path: Path, checkout: Path) -> None:
    assert commit_of(tmp_path) == UNKNOWN
    git(checkout, "switch", "--quiet", "--orphan", "empty")
    assert commit_of(checkout) == UNKNOWN
