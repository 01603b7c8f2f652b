"""What is shown when a page could not be made, in the fan's language: most who see it are fans."""

from __future__ import annotations

import re
import sys
import unicodedata
from typing import Final

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, HttpResponsePermanentRedirect
from django.template import loader
from django.urls import is_valid_path

from campaigns import hosts
from campaigns.fan import languages
from campaigns.fan.languages import in_fans_language
from campaigns.pasted import visible_text

# How long a crashed or restarted database may take until it answers again.
RETRY_AFTER_SECONDS: Final = 30


# A release's or an artist's address with what chats, mails and ad tools take for a part of it:
# stops, brackets, spaces, the next words, parameters. No file's name is one, and half a name is
# another release's.
_GLUED: Final = re.compile(
    r"/[^a-z0-9@./]*(@?[a-z0-9]++(?:-[a-z0-9]++)*+)"
    r"(?![-_]*[a-z0-9\u00c0-\u024f]|(?-i:\.[a-z0-9_]{1,5})\Z|/+\w).*",
    re.ASCII | re.IGNORECASE | re.DOTALL,
)
# As word processors write them, and where they let no line break.
_HYPHENS: Final = str.maketrans(dict.fromkeys("\u2010\u2013\u2212", "-"))
_PARAMETERS: Final = re.compile(r"[?&](?:amp;)?((?:src|utm_\w+|lang)=[^#]*)", re.ASCII)
_RECEIPT: Final = re.compile(r"(/receipt/[\w-]+)/*[^\w/-].*", re.ASCII | re.DOTALL)
# Behind any address.
_UP_TO_A_LETTER: Final = re.compile(r".*[\w-]", re.DOTALL)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """A slash too many, a release's address in capitals, or what a chat took for a part of the link
    leads to the page that was meant.
    """
    meant = _meant(request.path)
    if request.method in ("GET", "HEAD") and meant != request.path and is_valid_path(meant):
        query = [*_PARAMETERS.findall(request.path), request.META.get("QUERY_STRING", "")]
        address = "?".join(filter(None, [meant, "&".join(filter(None, query))]))
        # It may be a receipt's, or hold a code: no cache keeps it.
        return HttpResponsePermanentRedirect(address, headers={"Cache-Control": "no-store"})
    if not hosts.label_at(request) and request.path.startswith(("/dashboard/", "/accounts/")):
        # What somebody may not see is told like what does not exist.
        page = loader.render_to_string("dashboard/not_found.html")
        return HttpResponse(page, status=404)
    return _nothing_for_fans(request)


def _meant(path: str) -> str:
    if trimmed := _UP_TO_A_LETTER.match(path):
        path = trimmed[0]
    if receipt := _RECEIPT.fullmatch(path):
        return receipt[1]
    plain = unicodedata.normalize("NFKC", visible_text(path)).translate(_HYPHENS)
    glued = _GLUED.fullmatch(plain)
    return f"/{glued[1].lower()}" if glued else path


@in_fans_language
def _nothing_for_fans(request: HttpRequest) -> HttpResponse:
    context = {"lang": languages.query(languages.chosen(request))}
    return HttpResponse(loader.render_to_string("404.html", context), status=404)


@in_fans_language
def server_error(request: HttpRequest) -> HttpResponse:
    """Tell a database that is away, after which a second try is all that is needed, from what is
    broken. Django calls this while it handles the exception.

    The page is made without the request, of which anything may be what broke.
    """
    if not isinstance(sys.exc_info()[1], OperationalError | InterfaceError):
        return HttpResponse(loader.render_to_string("500.html"), status=500)
    page = loader.render_to_string("503.html")
    return HttpResponse(page, status=503, headers={"Retry-After": str(RETRY_AFTER_SECONDS)})
