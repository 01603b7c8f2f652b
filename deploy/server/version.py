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
# The secret with which the owner logs in, in place of the roles of web and worker.
OWNER: Final = "database_url"


@dataclass(frozen=True)
class Version:
    """The tag of an image, the commit it is made of, and whether a registry may have it. A version
    without roles, as 0.1, has web and worker log in as the owner of the database.
    """

    tag: str
    commit: str
    is_release: bool
    has_roles: bool = True

    @property
    def variables(self) -> dict[str, str]:
        return {"VERSION": self.tag, "COMMIT": self.commit, "DATABASE_ROLE_FILE": self.role_file}

    @property
    def role_file(self) -> str:
        """Of both, if there is one for both."""
        return "" if self.has_roles else OWNER


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


def write(new: Version, path: Path = ENV_FILE) -> None:
    """Let .env name this version: every `docker compose` command then means its image."""
    text = path.read_text()
    line = f"VERSION={new.tag}"
    changed, times = re.subn(r"^VERSION=.*$", line, text, flags=re.MULTILINE)
    if not times:
        changed = f"{text.rstrip()}\n\n# What runs: ./presavectl upgrade writes it.\n{line}\n"
    changed = re.sub(r"^DATABASE_ROLE_FILE=.*\n?", "", changed, flags=re.MULTILINE)
    if new.role_file:
        changed = f"{changed.rstrip()}\nDATABASE_ROLE_FILE={new.role_file}\n"
    whole = path.with_name(".env.new")
    whole.touch(mode=path.stat().st_mode & 0o777)
    whole.write_text(changed)
    os.replace(whole, path)
