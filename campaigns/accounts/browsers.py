"""Browsers that an account was used in before: OWASP's device cookies.

Such a browser has a count of wrong passwords of its own, so that a stranger's guesses lock out
nobody who was here before; and a log-in from any other is told to the account's owner.
https://owasp.org/www-community/Slow_Down_Online_Guessing_Attacks_with_Device_Cookies
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from typing import Any, Final, TypeVar, cast

from allauth.account.signals import password_changed, password_reset, password_set
from django.conf import settings
from django.dispatch import receiver
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.crypto import constant_time_compare, salted_hmac

from campaigns.models import User

View = TypeVar("View", bound=Callable[..., HttpResponseBase])

COOKIE: Final = f"{settings.COOKIE_PREFIX}browser"
LIFETIME: Final = timedelta(days=365)
# A label's assistant may use several accounts in one browser.
MOST_ACCOUNTS: Final = 5


def id_for(request: HttpRequest, user: User) -> str:
    """What this browser was named when the account was last used in it; empty for another one."""
    for entry in _entries(request):
        if entry.startswith(f"{user.pk}."):
            name = entry.split(".")[1]
            return name if constant_time_compare(entry, _entry(user, name)) else ""
    return ""


def id_for_email(request: HttpRequest, email: str) -> str:
    user = User.objects.filter(email=email).first() if COOKIE in request.COOKIES else None
    return id_for(request, user) if user else ""


def remember(request: HttpRequest, response: HttpResponseBase, user: User) -> None:
    """Let the account know this browser from now on, under a new name."""
    others = [entry for entry in _entries(request) if not entry.startswith(f"{user.pk}.")]
    entries = [_entry(user, secrets.token_urlsafe(16)), *others][:MOST_ACCOUNTS]
    response.set_cookie(
        COOKIE,
        "|".join(entries),
        max_age=LIFETIME,
        secure=settings.IS_HTTPS,
        httponly=True,
        samesite="Lax",
    )


def remembered(view: View) -> View:
    """Let the account know the browser in which this view let somebody set its password: they had
    the old one, or its mail.
    """

    @wraps(view)
    def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        response = view(request, *args, **kwargs)
        if user := getattr(request, "user_with_new_password", None):
            remember(request, response, user)
        return response

    return cast("View", wrapped)


@receiver([password_changed, password_reset, password_set])
def note_new_password(request: HttpRequest, user: User, **_: Any) -> None:
    request.user_with_new_password = user  # type: ignore[attr-defined]


def _entries(request: HttpRequest) -> list[str]:
    entries = request.COOKIES.get(COOKIE, "").split("|")
    return [entry for entry in entries if entry.count(".") == 2]


def _entry(user: User, name: str) -> str:
    """A changed password makes every browser a new one: who knew the old one may have had one."""
    seal = salted_hmac("campaigns.browser", f"{user.pk}.{name}.{user.password}", algorithm="sha256")
    return f"{user.pk}.{name}.{seal.hexdigest()}"
