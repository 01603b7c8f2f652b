"""Where the operator wants a second step of everybody, the dashboard waits until there is one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from allauth.mfa.models import Authenticator
from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext

from campaigns.accounts import sessions

# Recovery codes are for those who have lost one of these.
_STEPS: Final = [Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN]


def asked_for(
    get_response: Callable[[HttpRequest], HttpResponseBase],
) -> Callable[[HttpRequest], HttpResponseBase]:
    """The middleware. The pages of the account itself are open: there it is set up."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        if _is_missing(request):
            messages.info(request, gettext("Set up two-factor authentication to continue."))
            return redirect("mfa_index")
        return get_response(request)

    return middleware


def _is_missing(request: HttpRequest) -> bool:
    return (
        settings.SECOND_FACTOR == "required"
        and request.path.split("/")[1] == "dashboard"
        and sessions.is_logged_in(request)
        and not is_mfa_enabled(request.user, types=_STEPS)
    )
