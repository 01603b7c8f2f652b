"""Stylesheets and scripts as they are served: without comments and white space."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import PurePath
from typing import Any, Final

import rcssmin
import rjsmin
from django.core.files.base import ContentFile, File
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.templatetags.static import static
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from whitenoise.storage import CompressedManifestStaticFilesStorage

_MINIFIERS: Final[dict[str, Callable[[str], str]]] = {
    ".css": rcssmin.cssmin,
    ".js": rjsmin.jsmin,
}
# Other packages' files stay as they come.
_OURS: Final = "campaigns/"
_HASH: Final = re.compile(r"\.[0-9a-f]{12}(?=\.\w+$)")


class MinifyingStorage(CompressedManifestStaticFilesStorage):  # type: ignore[misc]
    def _save(self, name: str, content: File[Any]) -> str:
        minify = _MINIFIERS.get(PurePath(name).suffix)
        if minify and name.startswith(_OURS):
            content.seek(0)  # it has been read for the hash in its name
            content = ContentFile(minify(content.read().decode()).encode())
        saved: str = super()._save(name, content)
        return saved


@require_safe
@never_cache
def superseded(request: HttpRequest, name: str) -> HttpResponse:
    """Lead to what took its place. While an upgrade swaps web, a page that the version before made
    asks this one for its stylesheet.
    """
    try:
        current = static(_HASH.sub("", name))
    except ValueError:
        raise Http404 from None
    if current == request.path:
        raise Http404
    return redirect(current)
