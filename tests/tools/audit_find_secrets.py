"""What the search for secrets finds. `make audit` runs this, as it needs the tools of that."""

from __future__ import annotations

import hashlib
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PYTHON = ROOT / ".venv-audit/bin/python"
# Made here, so that no search finds them in this file.
SPOTIFYS = "AQ" + "C3x9Zk_" * 12
GITHUBS = "ghp_" + hashlib.sha256(b"a person").hexdigest()[:36]
AN_APPS = hashlib.sha256(b"an app").hexdigest()[:32]


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    git(tmp_path, "init", "--quiet")
    git(tmp_path, "config", "user.name", "Demo Label")
    git(tmp_path, "config", "user.email", "label@example.com")
    commit(tmp_path, "nothing to hide\n")
    return tmp_path


def git(root: Path, *arguments: str) -> None:
    subprocess.run(["git", *arguments], cwd=root, check=True)


def commit(root: Path, text: str) -> None:
    (root / "notes.txt").write_text(text)
    git(root, "add", ".")
    git(root, "commit", "--quiet", "--message", "Write notes")


def search(root: Path, known: str = "known = []") -> tuple[int, str]:
    (root / ".git/known.toml").write_text(known)
    command = [str(PYTHON), "-m", "tools.find_secrets", str(root), str(root / ".git/known.toml")]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.stderr == ""
    return done.returncode, done.stdout


def test_a_token_is_found_in_history_in_an_edit_and_in_a_new_file(checkout: Path) -> None:
    assert search(checkout) == (0, "No secret in any commit, nor in what is not committed.\n")
    commit(checkout, f"token: {SPOTIFYS}\n")
    commit(checkout, "nothing to hide any more\n")
    (checkout / "notes.txt").write_text(f"{GITHUBS}\n")
    (checkout / "new.env").write_text(f"SPOTIFY_CLIENT_SECRET={AN_APPS}\n")

    code, told = search(checkout)

    assert code == 1
    assert [line.split(": ")[:2] for line in told.splitlines()[:-1]] == [
        ["new.env", "Hex High Entropy String"],
        ["notes.txt", "GitHub Token"],
        ["notes.txt", "Spotify token"],
    ]
    assert SPOTIFYS not in told
    assert GITHUBS not in told


def test_what_is_explained_passes_in_its_file_alone(checkout: Path) -> None:
    known = f'[[known]]\nfiles = ["notes.txt"]\nvalues = ["{SPOTIFYS}"]\nwhy = "A test."\n'
    commit(checkout, f"{SPOTIFYS}  # pragma: allowlist secret\n")
    assert search(checkout)[0] == 1
    assert search(checkout, known)[0] == 0

    (checkout / "other.txt").write_text(SPOTIFYS)
    assert search(checkout, known)[0] == 1


def test_a_clone_without_its_history_is_refused(checkout: Path) -> None:
    commit(checkout, "more\n")
    git(checkout.parent, "clone", "--quiet", "--depth=1", f"file://{checkout}", "shallow")
    code, told = search(checkout.parent / "shallow")
    assert code == 1
    assert "git fetch --unshallow" in told
