"""The fan pages' scripts. Each page's policy names them by what is in them, and not by where they
are: nothing else runs, whatever the server may be made to serve.
"""

from __future__ import annotations

import hashlib
from base64 import b64encode
from functools import cache
from pathlib import Path
from typing import Final

from django.contrib.staticfiles import finders

FAN_SCRIPTS: Final = ("copy", "countdown", "in_app", "remember", "returning", "zone")


@cache
def integrity(name: str) -> str:
    """As the script's tag and the policy have it: https://www.w3.org/TR/CSP3/#external-hash"""
    found = finders.find(path_of(name))
    digest = hashlib.sha256(Path(str(found)).read_bytes()).digest()
    return f"sha256-{b64encode(digest).decode()}"


def path_of(name: str) -> str:
    return f"campaigns/{name}.js"


@cache
def sources() -> list[str]:
    """For script-src."""
    return [f"'{integrity(name)}'" for name in FAN_SCRIPTS]
