"""The language of the artist's side: what the account chose, else what the browser asks for."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils import translation

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
    return chosen or translation.get_language_from_request(request)
