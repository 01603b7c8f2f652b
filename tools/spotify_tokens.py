"""Spotify's tokens and one-line private keys, which detect-secrets does not know."""

from __future__ import annotations

import re
from typing import ClassVar

from detect_secrets.plugins.base import RegexBasedDetector


class SpotifyToken(RegexBasedDetector):  # type: ignore[misc]  # it is in .venv-audit alone
    """A fan's permission, an access token or a code, wherever it stands."""

    secret_type = "Spotify token"  # noqa: S105 -- a name
    denylist: ClassVar = [
        re.compile(r"(?<![\w-])((?:AQ|BQ)[A-Za-z0-9_-]{60,})"),
        re.compile(r"BEGIN [A-Z ]*PRIVATE KEY-+([A-Za-z0-9+/=\\n ]{40,})"),
    ]
