"""What is shown when a page could not be made."""

from __future__ import annotations

import sys
from typing import Final

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.template import loader
from django.views import defaults

# How long a crashed or restarted database may take until it answers again.
RETRY_AFTER_SECONDS: Final = 30


def server_error(request: HttpRequest) -> HttpResponse:
    """Tell a database that is away, after which a second try is all that is needed, from what is
    broken. Django calls this while it handles the exception.
    """
    if not isinstance(sys.exc_info()[1], OperationalError | InterfaceError):
        return defaults.server_error(request)
    page = loader.get_template("503.html").render()
    return HttpResponse(page, status=503, headers={"Retry-After": str(RETRY_AFTER_SECONDS)})
