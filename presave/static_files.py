"""Stylesheets and scripts as they are served: without comments and white space."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import PurePath
from typing import Any, Final

import rcssmin
import rjsmin
from django.core.files.base import ContentFile, File
from whitenoise.storage import CompressedManifestStaticFilesStorage

_MINIFIERS: Final[dict[str, Callable[[str], str]]] = {
    ".css": rcssmin.cssmin,
    ".js": rjsmin.jsmin,
}
# Other packages' files stay as they come.
_OURS: Final = "campaigns/"


class MinifyingStorage(CompressedManifestStaticFilesStorage):  # type: ignore[misc]
    def _save(self, name: str, content: File[Any]) -> str:
        minify = _MINIFIERS.get(PurePath(name).suffix)
        if minify and name.startswith(_OURS):
            content.seek(0)  # it has been read for the hash in its name
            content = ContentFile(minify(content.read().decode()).encode())
        saved: str = super()._save(name, content)
        return saved
