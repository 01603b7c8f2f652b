"""Docker Compose, in the checkout that this file belongs to."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Final

CHECKOUT: Final = Path(__file__).resolve().parent.parent.parent


def run(*arguments: str) -> int:
    """Run `docker compose` on this terminal, and return its exit code."""
    return subprocess.run(["docker", "compose", *arguments], cwd=CHECKOUT, check=False).returncode
