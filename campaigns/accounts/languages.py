"""The language of the artist's side: what the account chose, else what the browser asks for."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils import translation
from django.utils.translation.trans_real import (
    get_supported_language_variant,
    parse_accept_lang_header,
)

from campaigns.accounts import sessions


def in_artists_language(
    get_response: Callable[[HttpRequest], HttpResponseBase],
) -> Callable[[HttpRequest], HttpResponseBase]:
    """The middleware of the pages behind a log-in, and of those that lead there."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        if not sessions.is_page_of_accounts(request):
            return get_response(request)
        with translation.override(language_of(request)):
            response = get_response(request)
            response.headers.setdefault("Content-Language", translation.get_language() or "")
        return response

    return middleware


def language_of(request: HttpRequest) -> str:
    chosen: str = request.user.language if sessions.is_logged_in(request) else ""  # type: ignore[union-attr]
    return chosen if chosen in settings.ARTIST_LANGUAGES else _browsers(request)


def _browsers(request: HttpRequest) -> str:
    """The first that it asks for and that the artist's side speaks."""
    for wanted, _ in parse_accept_lang_header(request.headers.get("Accept-Language", "")):
        try:
            code = get_supported_language_variant(wanted)
        except LookupError:
            continue
        if code in settings.ARTIST_LANGUAGES:
            return code
    return settings.LANGUAGE_CODE
