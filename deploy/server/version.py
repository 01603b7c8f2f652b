"""Which version this checkout is, and which one .env says that runs."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from deploy.server import compose

ENV_FILE: Final = compose.CHECKOUT / ".env"
PREVIOUS: Final = "previous"


@dataclass(frozen=True)
class Version:
    """The tag of an image, the commit it is made of, and whether a registry may have it."""

    tag: str
    commit: str
    is_release: bool

    @property
    def variables(self) -> dict[str, str]:
        return {"VERSION": self.tag, "COMMIT": self.commit}


def of_checkout() -> Version:
    """A release by its number, any other commit by the number of the last one and its hash."""
    number = _number()
    try:
        commit = compose.git("rev-parse", "HEAD")
        is_release = f"v{number}" in compose.git("tag", "--points-at", "HEAD").split()
        if compose.git("status", "--porcelain", "--untracked-files=no"):
            # Nobody can look up what that is.
            return Version(f"{number}-{commit[:10]}-changed", "", is_release=False)
    except compose.CommandError:  # an archive of a release
        return Version(number, "", is_release=True)
    return Version(number if is_release else f"{number}-{commit[:10]}", commit, is_release)


def _number() -> str:
    project = (compose.CHECKOUT / "pyproject.toml").read_text()
    [number] = re.findall(r'^version = "([^"]+)"', project, re.MULTILINE)
    return str(number)


def in_service(path: Path = ENV_FILE) -> str:
    """The tag that .env names, or nothing."""
    found = re.findall(r"^VERSION=(.*)$", path.read_text(), re.MULTILINE) if path.exists() else []
    return str(found[-1]).strip() if found else ""


def write(tag: str, path: Path = ENV_FILE) -> None:
    """Let VERSION in .env be this tag: every `docker compose` command then means that image."""
    text = path.read_text()
    line = f"VERSION={tag}"
    changed, times = re.subn(r"^VERSION=.*$", line, text, flags=re.MULTILINE)
    if not times:
        changed = f"{text.rstrip()}\n\n# What runs: ./presavectl upgrade writes it.\n{line}\n"
    whole = path.with_name(".env.new")
    whole.touch(mode=path.stat().st_mode & 0o777)
    whole.write_text(changed)
    os.replace(whole, path)
