"""The nginx that tests start."""

from __future__ import annotations

import shutil
from typing import Final

PLACES: Final = "/usr/sbin:/usr/bin:/usr/local/sbin:/usr/local/bin:/opt/homebrew/bin"


class NginxNotFoundError(Exception):
    """There is no nginx on this machine."""


def find_nginx() -> str:
    """The path of the program. Raises NginxNotFoundError."""
    if program := shutil.which("nginx", path=PLACES):
        return program
    raise NginxNotFoundError(
        "nginx is missing, on which the tests try what docs/proxies.md gives to copy. "
        "Install it: apt-get install nginx-light, dnf install nginx, or brew install nginx."
    )
