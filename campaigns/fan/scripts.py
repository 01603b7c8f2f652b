"""The fan pages' scripts. Each page's policy names them by what is in them, and not by where they
are: nothing else runs, whatever the server may be made to serve.
"""

from __future__ import annotations

import hashlib
from base64 import b64encode
from functools import cache
from pathlib import Path
from typing import IO, Final

from django.conf import settings
from django.contrib.staticfiles import finders
from django.contrib.staticfiles.storage import staticfiles_storage
from django.templatetags.static import static

FAN_SCRIPTS: Final = ("copy", "countdown", "in_app", "remember", "returning", "zone")


@cache
def integrity(name: str) -> str:
    """As the script's tag and the policy have it: https://www.w3.org/TR/CSP3/#external-hash"""
    with _as_served(path_of(name)) as file:
        digest = hashlib.sha256(file.read()).digest()
    return f"sha256-{b64encode(digest).decode()}"


def _as_served(path: str) -> IO[bytes]:
    """Collected, unless DEBUG serves it from where it was written."""
    if settings.DEBUG:
        return Path(str(finders.find(path))).open("rb")
    return staticfiles_storage.open(static(path).removeprefix(settings.STATIC_URL))


def path_of(name: str) -> str:
    return f"campaigns/{name}.js"


@cache
def sources() -> list[str]:
    """For script-src."""
    return [f"'{integrity(name)}'" for name in FAN_SCRIPTS]
