"""The version that runs; the one of pyproject.toml, which is not part of the image."""

from __future__ import annotations

from typing import Final

VERSION: Final = "0.1.0"
