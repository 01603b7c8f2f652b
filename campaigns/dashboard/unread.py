"""Forms that were not read, each with what to change: handler400, and the middleware for what
presave/web.py left unread.
"""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from typing import Final

from django.core.exceptions import (
    DisallowedHost,
    RequestDataTooBig,
    TooManyFieldsSent,
    TooManyFilesSent,
)
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.template import loader
from django.utils.translation import gettext, gettext_lazy

# As presave/web.py has it, which is no part of the product.
UNREAD: Final = "presave.unread"
RETRY_AFTER_SECONDS: Final = 60
_WHY: Final = {
    RequestDataTooBig: gettext_lazy("The text in this form is longer than 1 MB. Shorten it."),
    TooManyFieldsSent: gettext_lazy("This form has more than 100 fields. Leave some out."),
    TooManyFilesSent: gettext_lazy("This form has more than 100 files. Choose one image."),
}
_WHY_UNREAD: Final = {
    HTTPStatus.REQUEST_TIMEOUT: gettext_lazy(
        "Your connection was too slow or stopped. Try again, with a smaller image if you can."
    ),
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: gettext_lazy(
        "The file is far too large. Choose an image of at most 25 MB."
    ),
    HTTPStatus.SERVICE_UNAVAILABLE: gettext_lazy(
        "Too many images are being uploaded right now. Try again in a minute."
    ),
}


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Only a wrong host is told of PUBLIC_URL."""
    if isinstance(exception, DisallowedHost):
        return HttpResponse(loader.render_to_string("400.html"), status=400)
    for kind, why in _WHY.items():
        if isinstance(exception, kind):
            return _page(request, str(why), 400)
    return _page(request, gettext("The form arrived damaged. Send it again."), 400)


def middleware(
    get_response: Callable[[HttpRequest], HttpResponseBase],
) -> Callable[[HttpRequest], HttpResponseBase]:
    """A form of somebody who is logged out goes on: without its token it is one that expired."""

    def answer(request: HttpRequest) -> HttpResponseBase:
        status = request.META.get(UNREAD)
        if status not in _WHY_UNREAD:
            return get_response(request)
        response = _page(request, str(_WHY_UNREAD[status]), status)
        if status == HTTPStatus.SERVICE_UNAVAILABLE:
            response.headers["Retry-After"] = str(RETRY_AFTER_SECONDS)
        return response

    return answer


def _page(request: HttpRequest, why: str, status: int) -> HttpResponse:
    return render(request, "dashboard/unread.html", {"why": why}, status=status)
