"""The account pages that allauth has not."""

from __future__ import annotations

from allauth.account import views as account
from allauth.account.models import EmailAddress
from allauth.mfa.utils import is_mfa_enabled
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.views.decorators.http import require_POST, require_safe

from campaigns.accounts import sessions
from campaigns.accounts.language_choice import LanguageForm


@login_required
@require_safe
def index(request: HttpRequest) -> HttpResponse:
    context = {
        "has_second_factor": is_mfa_enabled(request.user),
        "sessions": len(UserSession.objects.purge_and_list(request.user)),
        "language_form": LanguageForm(initial={"language": request.user.language}),  # type: ignore[union-attr]
        "has_languages": len(settings.ARTIST_LANGUAGES) > 1,
    }
    return render(request, "account/index.html", context)


@login_required
def email(request: HttpRequest) -> HttpResponse:
    """allauth's page, which drops an unconfirmed address when another is asked for, and would leave
    an account of the command line without any. Who is logged in has confirmed theirs, or the
    operator vouched for it.
    """
    if request.method == "POST" and request.user.is_authenticated:
        EmailAddress.objects.update_or_create(
            user=request.user,
            email=request.user.email,
            defaults={"verified": True, "primary": True},
        )
    answer: HttpResponse = account.email(request)
    return answer


@login_required
@require_POST
def end_session(request: HttpRequest, session_id: int) -> HttpResponse:
    """Log out one browser. Nobody learns whether there is a session of somebody else's."""
    sessions.end(request.user.pk, session_id)
    messages.success(request, gettext("Logged out there."))
    return redirect("usersessions_list")
